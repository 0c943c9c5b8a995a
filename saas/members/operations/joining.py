"""Writes about joining without an invitation: asking, proving the address, being let in or turned away."""

from dataclasses import asdict
from datetime import timedelta
from json import dumps, loads
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update

from saas.accounts.operations import WrongPassword, open_session
from saas.accounts.passwords import verify_password
from saas.accounts.persons import as_person
from saas.accounts.queries import find_user
from saas.accounts.tokens import DeadLink
from saas.core.actor import SYSTEM, Actor
from saas.core.addresses import canonical_email
from saas.core.audit import Target, record
from saas.core.clock import now
from saas.core.crypto import token_hash
from saas.core.database import db
from saas.core.errors import Conflict, Invalid
from saas.core.ids import new_token
from saas.core.jobs import enqueue
from saas.core.runtime import runtime
from saas.members import emails, module
from saas.members.guard import check_may_reactivate, source_of_role
from saas.members.models import EmailDomain, Invitation, JoinMode, JoinRequest
from saas.members.module import INVITE
from saas.members.operations.acceptance import Arrived
from saas.members.operations.admission import Newcomer, admit, newcomer
from saas.members.operations.invitations import Offer, check_offer, send_again
from saas.members.operations.seats import SeatsFull, lock_seats, take_seats, use_held_seat
from saas.members.operations.vouching import why_not
from saas.members.queries.audience import list_holders
from saas.members.queries.choices import team_names
from saas.members.queries.domains import find_domain
from saas.members.queries.joining import count_waiting, find_open, get_by_token, get_request, is_waiting, last_announced
from saas.members.queries.seats import is_open, takes_seat

ASK_JOB, ANNOUNCE_JOB = "members.take_request", "members.announce_requests"
PROVE_WITHIN, DECIDE_WITHIN, KEPT = timedelta(days=3), timedelta(days=30), timedelta(days=30)
"""How long a link works, a request waits, and a decision is kept."""
TOLD_EVERY = timedelta(hours=1)


def ask_to_join(*, email: str, name: str, password: str, actor: Actor) -> str:
    """Take note that somebody wants to join; the rest is in the mail. Returns the address in canonical form.

    The work is the same whether the address is known here or not. Raises Invalid, also for an address at no domain of ours.
    """
    email = canonical_email(email)
    if find_domain(email) is None:
        raise Invalid(
            "Only people with an address at one of our domains can join here. Ask for an invitation.", field="email"
        )
    who = newcomer(email=email, name=name, password=password)
    enqueue(ASK_JOB, sealed=runtime().keys.seal_text(dumps(asdict(who)), purpose=ASK_JOB))
    return email


def take_request(sealed: str) -> None:
    """Send whoever asked what helps them on: a link that proves the address, their invitation, or where they stand."""
    who = Newcomer(**loads(runtime().keys.unseal_text(sealed, purpose=ASK_JOB)))
    user, known = find_user(who.email), find_open(who.email)
    if user is not None and user.is_active:
        emails.send_join_known(user)
    elif known is not None and known.verified_at and known.expires_at > now():
        emails.send_join_waiting(known)
    elif (invitation := _find_invitation(who.email)) is not None and not why_not(invitation):
        send_again(invitation)
    elif find_domain(who.email) is not None:
        _send_link(known or JoinRequest(email=who.email), who)


def _find_invitation(email: str) -> Invitation | None:
    return db.session.scalars(select(Invitation).where(Invitation.email == email, is_open())).one_or_none()


def _send_link(request: JoinRequest, who: Newcomer) -> None:
    """Of many requests of one address the last one counts, until one is proven."""
    token = new_token()
    request.name, request.password_hash, request.token_hash = who.name, who.password_hash, token_hash(token)
    request.created_at, request.expires_at, request.verified_at = now(), now() + PROVE_WITHIN, None
    db.session.add(request)
    db.session.flush()
    emails.send_join_link(request, token)


def prove_address(token: str, password: str, *, actor: Actor) -> Arrived | None:
    """Take the address as proven; whoever may just join comes in, others wait for an admin (None).

    The password is the one chosen when asking: whoever opens the mail must be who asked. People who were here before
    always wait, and so do those for whom no seat is free. Raises DeadLink, WrongPassword, and Conflict for somebody who is
    here already.
    """
    request = get_by_token(token)
    if request.verified_at is None and not verify_password(password, request.password_hash)[0]:
        raise WrongPassword("This is not the password that you chose when you asked to join.", field="password")
    lock_seats()
    request, domain = get_by_token(token, to_change=True), find_domain(request.email)
    if request.decision or domain is None:
        raise DeadLink
    if request.verified_at is not None:
        return None
    user = find_user(request.email)
    if user is not None and user.is_active:
        raise Conflict("There is an account with this address already. Sign in with it.")
    if domain.mode == JoinMode.AUTO and user is None and _gets_seat(request.email, domain.role):
        return _let_in(request, domain, actor)
    _queue(request, actor)
    return None


def _gets_seat(email: str, role: str) -> bool:
    try:
        _take_seat(email, role)
    except SeatsFull:
        return False
    return True


def _take_seat(email: str, role: str) -> None:
    """Take a seat for somebody; whom an open invitation besides holds one for has it. Raises SeatsFull."""
    invitation = _find_invitation(email)
    if invitation is not None and takes_seat(invitation.role):
        use_held_seat(role)
    else:
        take_seats(1, role=role)


def _let_in(request: JoinRequest, domain: EmailDomain, actor: Actor) -> Arrived:
    who = Newcomer(request.email, request.name, request.password_hash)
    request.verified_at = now()
    user = admit(who, role=domain.role, by=request.id, actor=actor)
    _decide(request, "approved", actor)
    target = Target("email_domain", domain.domain, domain.domain)
    record(module.MEMBER_JOINED, actor=as_person(user, actor), target=target, role=domain.role)
    return Arrived(user, open_session(user, actor=actor, method="e-mail domain"))


def _queue(request: JoinRequest, actor: Actor) -> None:
    request.verified_at, request.expires_at = now(), now() + DECIDE_WITHIN
    record(module.REQUEST_MADE, actor=actor, target=_target(request))
    db.session.flush()
    _announce_later()


def _announce_later() -> None:
    """Have those who may invite told: at once, or an hour after they were last told."""
    last = last_announced()
    wait = max(timedelta(0), last + TOLD_EVERY - now()) if last else timedelta(0)
    enqueue(ANNOUNCE_JOB, lock=ANNOUNCE_JOB, once=ANNOUNCE_JOB, after=wait)


def announce_requests() -> None:
    """Tell those who may invite how many wait, unless they were told within the hour, or there is nothing new."""
    fresh = is_waiting() & JoinRequest.announced_at.is_(None)
    if db.session.execute(select(JoinRequest.id).where(fresh).limit(1)).first() is None:
        return
    last = last_announced()
    if last is not None and last + TOLD_EVERY > now():
        _announce_later()
        return
    told = update(JoinRequest).where(fresh).values(announced_at=now())
    db.session.execute(told.execution_options(synchronize_session=False))
    waiting = count_waiting()
    for reader in list_holders(INVITE):
        emails.send_join_requests(reader, waiting=waiting)


def approve_request(request_id: UUID, offer: Offer, *, actor: Actor) -> JoinRequest:
    """Let somebody in with a role and into teams; they are told by mail.

    Raises NotFound, NotAllowed, Invalid, SeatsFull, and Conflict when it is decided already.
    """
    actor.require(INVITE)
    check_offer(offer, actor=actor)
    lock_seats()
    request = _undecided(request_id)
    check_may_reactivate(actor, find_user(request.email))
    _take_seat(request.email, offer.role)
    who = Newcomer(request.email, request.name, request.password_hash)
    user = admit(who, role=offer.role, role_id=offer.role_id, team_ids=offer.team_ids, by=request.id, actor=actor)
    _decide(request, "approved", actor)
    emails.send_join_approved(user)
    role = source_of_role(offer.role, offer.role_id).label
    told: dict[str, Any] = {"role_id": offer.role_id, "teams": sorted(team_names(offer.team_ids).values())}
    record(module.REQUEST_APPROVED, actor=actor, target=_target(request), role=role, **told)
    return request


def decline_request(request_id: UUID, *, actor: Actor) -> JoinRequest:
    """Turn somebody away; they are told by mail. Raises NotFound, NotAllowed, and Conflict when it is decided already."""
    actor.require(INVITE)
    lock_seats()
    request = _undecided(request_id)
    _decide(request, "declined", actor)
    emails.send_join_declined(request)
    record(module.REQUEST_DECLINED, actor=actor, target=_target(request))
    return request


def _undecided(request_id: UUID) -> JoinRequest:
    """The request, locked: of two who decide at once the second sees what the first has done."""
    request = get_request(request_id, to_change=True)
    if request.decision:
        by = f" by {request.decided_by.name}" if request.decided_by else ""
        raise Conflict(f"The request of {request.name} was {request.decision}{by} already.")
    if request.expires_at <= now():
        raise Conflict(f"The request of {request.name} has expired. Invite them instead.")
    return request


def _decide(request: JoinRequest, decision: str, actor: Actor) -> None:
    request.decision, request.decided_at, request.password_hash = decision, now(), ""
    request.decided_by_id = actor.id if actor.kind == "member" else None


def clean_up() -> dict[str, int]:
    """Close requests that nobody decided about, forget those never proven and those decided long ago. Returns how many."""
    late = JoinRequest.expires_at <= now()
    unanswered = db.session.scalars(
        select(JoinRequest)
        .where(late, JoinRequest.decision == "", JoinRequest.verified_at.is_not(None))
        .with_for_update()
    ).all()
    for request in unanswered:
        record(module.REQUEST_EXPIRED, actor=SYSTEM, target=_target(request))
    never_proven = late & (JoinRequest.decision == "") & JoinRequest.verified_at.is_(None)
    doomed = [request.id for request in unanswered]
    old = (JoinRequest.decision != "") & (JoinRequest.decided_at < now() - KEPT)
    gone = delete(JoinRequest).where(never_proven | old | JoinRequest.id.in_(doomed)).returning(JoinRequest.id)
    forgotten = db.session.scalars(gone.execution_options(synchronize_session=False)).all()
    return {"unanswered": len(doomed), "forgotten": len(forgotten) - len(doomed)}


def _target(request: JoinRequest) -> Target:
    return Target("join_request", request.id, request.email)
