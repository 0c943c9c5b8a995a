"""Guidance by mail: a welcome, the first steps that are left after some days, a word when something was done for the first
time. An organisation gets each once, and nobody who asked to be left alone gets any."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import JSONB

from saas.accounts.models import User
from saas.accounts.persons import target_of
from saas.core.access import Rights
from saas.core.actor import Actor
from saas.core.audit import record
from saas.core.clock import now
from saas.core.database import db
from saas.core.milestones import reached
from saas.core.module import Milestone
from saas.core.scope import current_tenant_id
from saas.members.rights import identification
from saas.onboarding.emails import Guide, send_guidance
from saas.onboarding.module import GUIDED, TIPS_DECLINED, TIPS_WANTED
from saas.onboarding.operations import HIDDEN
from saas.onboarding.queries import find_guided, list_guided_owners, list_open_steps
from saas.organisations.queries import forget_profile, get_profile
from saas.tenancy.models import Tenant

FIRST_STEPS_AFTER = timedelta(days=3)
FIRST_STEPS_UNTIL = timedelta(days=30)
FIRST_STEPS = Guide(
    "first_steps", "The first steps", "A few things are left to set up.", "/getting-started", "Go on where you were"
)
GUIDING = Actor("job", "Getting started")


@reached.connect
def congratulate(milestone: Milestone, by: UUID | None) -> None:
    """Mail whoever brought the organisation to a milestone, or else its owners; the first time only."""
    guide = Guide(milestone.mail, milestone.title, milestone.sentence, milestone.path, milestone.action)
    if _is_first(f"mailed {milestone.name}"):
        person = find_guided(by) if by is not None else None
        _send(guide, list_guided_owners() if by is None else [person] if person else [])


def remind_of_first_steps() -> None:
    """Mail the owners what is left to set up, if anything is, once, some days after the organisation was made.

    Not while the checklist is put away.
    """
    profile = get_profile()
    in_time = FIRST_STEPS_AFTER <= now() - profile.created_at <= FIRST_STEPS_UNTIL
    if not in_time or profile.config.get(HIDDEN) or profile.config.get(_FIRST_STEPS_SENT):
        return
    waiting = [owner for owner in list_guided_owners() if list_open_steps(_rights_of(owner))]
    if waiting and _is_first(_FIRST_STEPS_SENT):
        _send(FIRST_STEPS, waiting)


_FIRST_STEPS_SENT = "mailed onboarding.first_steps"
"""The key in an organisation's config that says that the mail went out."""


def _is_first(key: str) -> bool:
    """Note something in the organisation's config; whether it was not noted before. Of two at once, one is the first."""
    merged = Tenant.config.op("||", return_type=JSONB)(func.jsonb_build_object(key, True))
    unknown = update(Tenant).where(Tenant.id == current_tenant_id(), ~Tenant.config.has_key(key))
    noted = unknown.values(config=merged).returning(Tenant.id).execution_options(synchronize_session=False)
    forget_profile()
    return db.session.scalar(noted) is not None


def _send(guide: Guide, people: Iterable[User]) -> None:
    for person in people:
        send_guidance(guide, person, steps=list_open_steps(_rights_of(person)))
        record(GUIDED, actor=GUIDING, target=target_of(person), mail=guide.mail, about=guide.title)


def _rights_of(user: User) -> Rights:
    return identification.rights_of(user.id)


def want_tips(user: User, *, wanted: bool, actor: Actor) -> bool:
    """Send a person mail on getting started, or no more of it; False when it was so already."""
    if wanted is (user.tips_declined_at is None):
        return False
    user.tips_declined_at = None if wanted else now()
    record(TIPS_WANTED if wanted else TIPS_DECLINED, actor=actor, target=target_of(user))
    return True
