"""The functions of a life, which do not know whom they are paid by."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from saas.billing.models import Invoice, Subscription
from saas.billing.operations.changing import cancel, change_subscription, quote_change
from saas.billing.operations.looking import look_at
from saas.billing.operations.offering import compare_offering, sync
from saas.billing.operations.reporting import report_use
from saas.billing.operations.sending import meter_ids, send_use
from saas.billing.operations.subscribing import Choice, begin_with_card, read_choice, subscribe_with_card
from saas.billing.queries.subscriptions import get_subscription
from saas.billing.queries.use import list_sent, list_waiting
from saas.core.actor import SYSTEM
from saas.core.database import db
from saas.tenancy.scope import tenant_scope
from saas.usage.operations.consuming import consume
from tests.cast import Organisation

LOW, HIGH = Choice("pro", "month"), Choice("pro", "year")


@dataclass
class Payer:
    """An organisation that pays, and its customer."""

    organisation: Organisation
    customer: str = ""

    def inside(self, act: Callable[[], Any]) -> Any:
        """Do something as an edge would, then look at the account."""
        with tenant_scope(self.organisation) as session:
            done = act()
            session.commit()
        if self.customer:
            look_at(self.customer, newest=True)
        return done

    def subscription(self) -> Subscription | None:
        """What is mirrored."""
        with tenant_scope(self.organisation):
            return get_subscription()

    def paid(self) -> list[int]:
        """What was charged, as it is mirrored, oldest first."""
        with tenant_scope(self.organisation):
            query = select(Invoice).where(Invoice.status == "paid").order_by(Invoice.created_at, Invoice.id)
            return [one.paid for one in db.session.scalars(query)]


def sell() -> None:
    """Bring what is sold there; a second time there is nothing to do."""
    list(sync(*compare_offering()))
    assert compare_offering()[1] == []


def subscribe(payer: Payer) -> None:
    """By a card; the invoice is mirrored."""

    def act() -> dict[str, Any]:
        asked = begin_with_card(read_choice("pro", "month"), "pm_card_visa", trial_days=0, actor=SYSTEM)
        return subscribe_with_card(asked.id)

    payer.customer = payer.inside(act)["customer"]
    look_at(payer.customer, newest=True)
    found = payer.subscription()
    assert found is not None
    assert (found.status, found.plan, payer.paid()) == ("active", "pro", [2900])


def change(payer: Payer, choice: Choice) -> int:
    """Take a change as it was quoted; what was quoted."""

    def act() -> int:
        quote = quote_change(choice, actor=SYSTEM)
        change_subscription(choice, moment=quote.moment, due=quote.due, actor=SYSTEM)
        return quote.due

    return int(payer.inside(act))


def upgrade(payer: Payer) -> None:
    """At once, for exactly what was quoted."""
    before = sum(payer.paid())
    due = change(payer, HIGH)
    assert due > 20_000
    assert sum(payer.paid()) - before == due


def use(payer: Payer) -> None:
    """Beyond what the plan includes; Stripe is told once."""
    payer.inside(lambda: consume("images", 25, actor=SYSTEM))
    payer.inside(report_use)
    assert send_use(payer.organisation.id) == 1
    assert send_use(payer.organisation.id) == 0
    assert "images" in meter_ids()
    with tenant_scope(payer.organisation):
        assert (len(list_sent("images")), list(list_waiting())) == (1, [])


def downgrade(payer: Payer) -> None:
    """By a schedule, at the end of what is paid; nothing is charged."""
    before = payer.paid()
    assert change(payer, LOW) == 0
    found = payer.subscription()
    assert found is not None
    assert (found.cycle, found.next["cycle"], payer.paid()) == ("year", "month", before)


def leave(payer: Payer) -> None:
    """Cancel now."""
    payer.inside(lambda: cancel(reason="unused", comment="", at_once=True, actor=SYSTEM))
    assert payer.subscription() is None


LIFE = (subscribe, upgrade, use, downgrade, leave)
