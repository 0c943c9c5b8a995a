"""How many people an organisation may have: set by operators, counted and kept to by ``saas.members``."""

from saas.core.actor import Actor
from saas.core.audit import changes_of
from saas.core.database import db
from saas.core.errors import Invalid
from saas.tenancy.models import Tenant
from saas.tenancy.module import SEATS_CHANGED
from saas.tenancy.recording import record_about

MOST_SEATS = 1_000_000


def set_seats(tenant: Tenant, seats: int | None, *, actor: Actor) -> bool:
    """Bound how many people a tenant may have (None: as many as they like), in the platform's scope; False when it is so already.

    Nobody is removed: who is there or invited beyond the bound stays, and nobody else comes in. Both logs tell. Raises Invalid.
    """
    if seats is not None and not 1 <= seats <= MOST_SEATS:
        raise Invalid(f"Give a number from 1 to {MOST_SEATS:,}, or none.", field="seats")
    db.session.refresh(tenant, ["seats"], with_for_update=True)
    changes = changes_of({"seats": tenant.seats}, {"seats": seats})
    if not changes:
        return False
    tenant.seats = seats
    record_about(tenant, SEATS_CHANGED, actor=actor, changes=changes)
    return True
