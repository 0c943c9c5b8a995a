"""Requests: what somebody wants from Stripe is written down and committed, then Stripe is asked under its id, then the outcome is
written down. Whatever is killed in between, asking again does not do it twice, and a look at the account finds what was done."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from saas.billing import gateway
from saas.billing.models import BillingRequest
from saas.billing.operations.inbox import NUMBER, ask_to_look
from saas.billing.queries.subscriptions import get_account, get_request
from saas.core.actor import Actor
from saas.core.clock import now
from saas.core.database import db
from saas.tenancy.scope import platform_rights


def write_request(
    kind: str, facts: dict[str, Any], *, actor: Actor, expires_at: datetime | None = None
) -> BillingRequest:
    """Write down that something is wanted."""
    account = get_account()
    request = BillingRequest(
        kind=kind,
        facts={**facts, "look": account.look if account else 0},
        asked_by_id=actor.id,
        expires_at=expires_at,
    )
    db.session.add(request)
    db.session.flush()
    return request


def ask(request_id: UUID, act: Callable[[str], gateway.Found], *, look: bool = True) -> gateway.Found:
    """Commit, have Stripe do what a request wants under its key, and commit what came of it.

    Raises Declined and Refused, then the request is refused and nothing has changed; Unanswered, then it stays open, and the
    look that follows finds whether it was done. ``look``: have the account looked at afterwards.
    """
    db.session.commit()
    try:
        found = act(str(request_id))
    except (gateway.Declined, gateway.Refused) as error:
        _close(request_id, "refused", error=error.for_operators)
        raise
    except gateway.Unanswered:
        request = get_request(request_id)
        request.facts = {**request.facts, "look": _number()}
        ask_for_look()
        db.session.commit()
        raise
    _close(request_id, "done", stripe_id=found["id"], look=look)
    return found


def _close(request_id: UUID, state: str, *, stripe_id: str = "", error: str = "", look: bool = False) -> None:
    request = get_request(request_id)
    request.state, request.stripe_id, request.done_at = state, stripe_id, now()
    request.facts = {**request.facts, "look": _number(), **({"error": error} if error else {})}
    if look:
        ask_for_look()
    db.session.commit()


def _number() -> int:
    """The number of a look that could not have begun before now: what is asked for is surely seen by a later one."""
    with platform_rights() as session:
        return int(session.scalar(NUMBER) or 0)


def ask_for_look() -> None:
    """Have the organisation's account looked at with the commit, if it has one."""
    if account := get_account():
        with platform_rights():
            ask_to_look(account.customer_id)


def is_seen(request: BillingRequest) -> bool:
    """Whether the account was looked at since something was asked for."""
    account = get_account()
    return account is not None and account.look > request.facts["look"]
