"""What renders use of a plan: images, seconds of speech, minutes of film when they are ordered, storage when they are ready."""

from dataclasses import dataclass
from decimal import Decimal

from saas.catalogue.current import catalogue
from saas.catalogue.pricing import charge
from saas.catalogue.words import amount_of, money, unit_of
from saas.core.actor import Actor
from saas.modules.renders.kinds import KINDS
from saas.modules.renders.models import Render
from saas.tenancy.entitlements import entitlements
from saas.tenancy.limits import plans_with_limit
from saas.usage.operations import consuming
from saas.usage.operations.consuming import Receipt, consume
from saas.usage.queries import Figure, get_figure
from saas.usage.room import require_room

STORAGE = "storage"
_MODULE = "renders"


def reserve(render: Render, *, actor: Actor) -> None:
    """Count an order before it is worked on; raises LimitReached, BudgetSpent.

    What it will take up must have a place now; that is counted when it is there.
    """
    kind = KINDS[render.kind]
    require_room(STORAGE, kind.gigabytes(render.settings))
    about = {"resource": f"render:{render.id}", "module": _MODULE, "user_id": render.made_by_id}
    receipt = consume(kind.meter, render.amount, actor=actor, outcome="ok", at=render.created_at, **about)
    render.receipt_id = receipt.event_id if receipt else None


def release(render: Render, *, actor: Actor) -> None:
    """Give back what was counted for an order of which nothing came."""
    if render.receipt_id:
        receipt = Receipt(render.receipt_id, KINDS[render.kind].meter, used=Decimal(0), limit=None, cost=Decimal(0))
        consuming.give_back(receipt, actor=actor)
        render.receipt_id = None


def store(render: Render, *, actor: Actor) -> None:
    """Count the place that a finished render takes up. Raises LimitReached, BudgetSpent."""
    size = KINDS[render.kind].gigabytes(render.settings)
    about = {"resource": f"render:{render.id}", "module": _MODULE, "user_id": render.made_by_id}
    consume(STORAGE, size, actor=actor, outcome="ok", at=render.finished_at, **about)
    render.size_gb = size


def free(render: Render, *, actor: Actor) -> None:
    """Give back the place that a render took up."""
    if render.size_gb:
        consume(STORAGE, -render.size_gb, actor=actor, resource=f"render:{render.id}", module=_MODULE)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an order would use, in a sentence. Unless it ``fits``, it would be refused."""

    sentence: str
    fits: bool = True


def estimate(meter: str, amount: int) -> Estimate | None:
    """What using so much would mean for the plan; None where nothing is counted."""
    if meter not in catalogue().meters:
        return None
    figure, using = get_figure(meter), amount_of(meter, amount)
    if figure.limit is not None and figure.left is not None:
        return _within_limit(figure, amount, using)
    if figure.bound is None and not charge(entitlements().rating(meter), Decimal(amount)):
        return Estimate(f"This uses {using}; your plan does not limit them.")
    return Estimate(f"This uses {using}. {_beyond(figure, amount)}")


def _within_limit(figure: Figure, amount: int, using: str) -> Estimate:
    left = figure.left or Decimal(0)
    of_all = f"{amount:,} of your {amount_of(figure.meter, figure.limit)}"
    if amount <= left:
        return Estimate(f"This uses {of_all}; then {_are_left(figure, left - amount)} this month.")
    labels = [catalogue().plans[name].label for name in plans_with_limit(figure.meter, figure.used + amount)]
    way_out = f" {' and '.join(labels[:2])} {'has' if len(labels) == 1 else 'have'} more." if labels else ""
    return Estimate(f"This needs {using}, and {_are_left(figure, left)} this month.{way_out}", fits=False)


def _are_left(figure: Figure, quantity: Decimal) -> str:
    return f"{amount_of(figure.meter, quantity)} {'is' if quantity == 1 else 'are'} left"


def _beyond(figure: Figure, amount: int) -> str:
    """How an order stands to what is included, and what it costs beyond."""
    granted = entitlements()
    rating, included = granted.rating(figure.meter), figure.included
    before = charge(rating, figure.used, included=included)
    cost = charge(rating, figure.used + amount, included=included) - before
    priced = money(cost, currency=granted.terms.currency, exact=True)
    if not cost:
        left = included - figure.used - amount
        return f"Of the {included:,} in your plan {_are_left(figure, left)} then this month."
    if included:
        return f"The {included:,} {unit_of(figure.meter, included)} in your plan are used up by it; it costs {priced}."
    return f"It costs {priced}."
