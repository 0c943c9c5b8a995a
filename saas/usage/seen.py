"""What requests use up by being made."""

from saas.core.actor import Actor
from saas.core.database import db
from saas.usage.operations.consuming import consume


def spend_one(meter: str, actor: Actor) -> None:
    """Use one unit of a meter before the work begins, in the request's own unit of work, which has only read so far: counted
    and committed whatever becomes of the request. Raises LimitReached."""
    if consume(meter, actor=actor) is not None:
        db.session.commit()
