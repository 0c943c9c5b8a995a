"""Reads about invitations."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, Uuid, func, literal, select
from sqlalchemy.orm import joinedload

from saas.accounts.models import CUSTOM, User
from saas.accounts.tokens import DeadLink
from saas.core.access import Rights
from saas.core.actor import Actor
from saas.core.clock import now
from saas.core.crypto import token_hash
from saas.core.database import db
from saas.core.errors import NotFound
from saas.core.module import label_of
from saas.members.guard import ONLY_MANAGERS, is_deactivated, may_reactivate
from saas.members.models import Invitation, Team
from saas.members.module import INVITE
from saas.members.pasted import Pasted
from saas.members.queries.choices import within_reach
from saas.members.queries.seats import Seats, is_open

SORTABLE = {"email": Invitation.email, "sent": Invitation.sent_at, "expires": Invitation.expires_at}
"""What the list can be ordered by, under the names that addresses use."""


class State(StrEnum):
    """How an invitation stands."""

    OPEN = "open"
    ACCEPTED = "accepted"
    EXPIRED = "expired"
    REVOKED = "revoked"
    REFUSED = "refused"


def state_of(invitation: Invitation) -> State:
    """How an invitation stands now. One that had expired before another took its place stays expired."""
    if invitation.accepted_at:
        return State.ACCEPTED
    if invitation.refusal:
        return State.REFUSED
    if invitation.expires_at <= (invitation.revoked_at or now()):
        return State.EXPIRED
    return State.REVOKED if invitation.revoked_at else State.OPEN


def _in_state(state: State) -> ColumnElement[bool]:
    closed = Invitation.revoked_at.is_not(None) & Invitation.accepted_at.is_(None)
    expired = Invitation.expires_at <= func.coalesce(Invitation.revoked_at, now())
    return {
        State.OPEN: is_open(),
        State.ACCEPTED: Invitation.accepted_at.is_not(None),
        State.EXPIRED: Invitation.accepted_at.is_(None) & expired & (Invitation.refusal == ""),
        State.REVOKED: closed & ~expired & (Invitation.refusal == ""),
        State.REFUSED: Invitation.refusal != "",
    }[state]


def find_invitations(held: Rights, *, q: str = "", state: str = "") -> Select[Invitation]:
    """Invitations that somebody with these rights may look after, whose address holds a text; an unknown state counts as none."""
    query = select(Invitation).options(joinedload(Invitation.invited_by), joinedload(Invitation.custom_role))
    if not held.can(INVITE):
        reach = select(func.coalesce(func.array_agg(Team.id), literal([], ARRAY(Uuid)))).where(within_reach(held))
        mine = Invitation.team_ids.contained_by(reach.scalar_subquery())
        query = query.where(mine, func.cardinality(Invitation.team_ids) > 0)
    if q:
        query = query.where(Invitation.email.icontains(q, autoescape=True))
    return query.where(_in_state(State(state))) if state in set(State) else query


def find_invitation(invitation_id: UUID | None) -> Invitation | None:
    """An invitation, if there is one with this id."""
    return db.session.get(Invitation, invitation_id) if invitation_id else None


def get_invitation(invitation_id: UUID, *, to_change: bool = False) -> Invitation:
    """An invitation as it stands now, locked when it is about to change; raises NotFound."""
    return _one(Invitation.id == invitation_id, NotFound("There is no such invitation."), to_change)


def get_by_token(token: str, *, to_change: bool = False) -> Invitation:
    """The invitation of a link, whatever became of it; raises DeadLink for a link that was replaced or never made."""
    return _one(Invitation.token_hash == token_hash(token), DeadLink(), to_change)


def _one(which: ColumnElement[bool], missing: NotFound, to_change: bool) -> Invitation:
    query = select(Invitation).where(which).execution_options(populate_existing=True)
    found = db.session.scalars(query.with_for_update(of=Invitation) if to_change else query).one_or_none()
    if found is None:
        raise missing
    return found


def role_name(invitation: Invitation) -> str:
    """What the role that an invitation gives is called."""
    custom = invitation.custom_role
    return custom.name if invitation.role == CUSTOM and custom else label_of(invitation.role)


class Verdict(StrEnum):
    """What becomes of an entry of a list of people to invite."""

    READY = "ready"
    RETURNS = "returns"
    MEMBER = "member"
    PENDING = "pending"
    DEACTIVATED = "deactivated"
    REPEATED = "repeated"
    INVALID = "invalid"
    OVER = "over"


SENDABLE = (Verdict.READY, Verdict.RETURNS)


@dataclass(frozen=True, slots=True)
class Row:
    """An entry with its verdict and, where that needs one, a sentence."""

    text: str
    email: str
    verdict: Verdict
    note: str = ""


def judge(entries: Iterable[Pasted], seats: Seats, *, actor: Actor) -> list[Row]:
    """What would become of each entry if the actor invited them: two queries, and more only for people who were deactivated."""
    entries = list(entries)
    people, pending = _known({entry.email for entry in entries if entry.email})
    rows: list[Row] = []
    seen: set[str] = set()
    left = seats.left
    for entry in entries:
        row = _judge(entry, seen, people.get(entry.email), entry.email in pending, actor)
        seen.add(entry.email)
        if row.verdict in SENDABLE and left is not None:
            left -= 1
            row = row if left >= 0 else Row(row.text, row.email, Verdict.OVER, "No seat is left for this person.")
        rows.append(row)
    return rows


def _known(addresses: set[str]) -> tuple[dict[str, User], set[str]]:
    people = db.session.scalars(select(User).where(User.email.in_(addresses)))
    pending = db.session.scalars(select(Invitation.email).where(Invitation.email.in_(addresses), is_open()))
    return {user.email: user for user in people}, set(pending)


def _judge(entry: Pasted, seen: set[str], user: User | None, pending: bool, actor: Actor) -> Row:
    def row(verdict: Verdict, note: str = "") -> Row:
        return Row(entry.text, entry.email, verdict, note)

    if not entry.email:
        return row(Verdict.INVALID, entry.fault)
    if entry.email in seen:
        return row(Verdict.REPEATED, "This address stands further up already.")
    if user is not None and user.is_active:
        return row(Verdict.MEMBER, f"{user.name} is here already.")
    if pending:
        return row(Verdict.PENDING, "An invitation is on its way. You can send it again from the list.")
    if user is None:
        return row(Verdict.READY)
    if is_deactivated(user) and not may_reactivate(actor, user):
        return row(Verdict.DEACTIVATED, f"{user.name} was deactivated. {ONLY_MANAGERS}")
    return row(Verdict.RETURNS, _returns(user))


def _returns(user: User) -> str:
    if user.removed_at:
        return f"{user.name} was removed and comes back with this role and these teams, and nothing else."
    return f"{user.name} was deactivated and comes back to their teams, with this role in place of all that they held."
