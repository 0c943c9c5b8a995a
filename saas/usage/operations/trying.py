"""Using several meters together, where nobody waits for a page: a refusal is an answer then, not an error."""

from collections.abc import Callable, Sequence
from functools import partial

from saas.catalogue.current import catalogue
from saas.core.actor import Actor
from saas.core.database import db
from saas.tenancy.limits import LimitReached
from saas.usage.operations.budgets import BudgetSpent
from saas.usage.operations.ingesting import ingest
from saas.usage.operations.warning import ask_to_warn
from saas.usage.uses import Use, check_use


def use_together(uses: Sequence[Use], *, actor: Actor, beyond: bool = False) -> None:
    """Use several meters at once, as the last step of a transaction; meters that are not sold are left out.

    All of it or nothing: raises LimitReached, BudgetSpent. Always in this way when a transaction uses more than one meter:
    totals are locked in one order for everybody, so that no two wait for each other. ``beyond`` records what has happened
    already, whatever the limits say.
    """
    sold = [check_use(use) for use in uses if use.meter in catalogue().meters]
    if sold:
        ingest(sold, actor=actor, beyond=beyond)


def try_to_use(uses: Sequence[Use], *, actor: Actor) -> str:
    """The same in a job: the sentence of the refusal, after which nothing of it is recorded; empty when all went well."""
    return attempt(partial(use_together, uses, actor=actor))


def attempt(work: Callable[[], None]) -> str:
    """Do work in a job whose last step is to use meters: the sentence of the refusal, after which nothing of it was done.

    People hear of the limit, as they do when a request is refused.
    """
    try:
        with db.session.begin_nested():
            work()
    except LimitReached as refusal:
        if refusal.limit:
            ask_to_warn(refusal.meter, 100)
        return refusal.message
    except BudgetSpent as refusal:
        return refusal.message
    return ""
