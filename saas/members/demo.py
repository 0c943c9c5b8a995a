"""Teams, rights and invitations to show, made by the owner as an owner would make them."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import cycle, islice
from uuid import UUID

from sqlalchemy import select

from saas.accounts.models import User
from saas.core.actor import Actor
from saas.core.clock import ago, now
from saas.core.crypto import token_hash
from saas.core.database import db
from saas.core.ids import new_token
from saas.core.module import Role
from saas.members.models import JoinMode, JoinRequest, Team
from saas.members.module import INVITE
from saas.members.operations.domains import add_domain
from saas.members.operations.grants import give
from saas.members.operations.invitations import Offer, invite, revoke_invitation
from saas.members.operations.people import change_role
from saas.members.operations.roles import create_role
from saas.members.operations.teams import add_member, create_team, set_lead
from saas.members.rights import identification
from saas.tenancy.entitlements import entitlements

TEAMS = {
    "Product": ("", "What we build, and for whom."),
    "Engineering": ("Product", "Builds and runs it."),
    "Platform": ("Engineering", "Keeps it up, day and night."),
    "Design": ("Product", "How it looks and feels."),
    "Customers": ("", "Everybody who speaks with customers."),
    "Sales": ("Customers", ""),
    "Support": ("Customers", "Answers within the hour."),
}
"""Each team with the one above it, and what it is there for."""
LED = "Engineering"
ROLE = "Plans who answers customers, and sees what they see."
LEADS_MAY = ("members.view", "members.invite", "workflows.view", "workflows.run")
WELCOME = "Good to have you with us from Monday on."


def actor_of(user_id: UUID) -> Actor:
    """Somebody as they act in a request."""
    user = db.session.get_one(User, user_id)
    rights = identification.rights_of(user_id)
    return Actor("member", user.name, user.id, rights, address="198.51.100.10", email=user.email)


def fill(*, seed: int, people: Sequence[UUID], days: int) -> None:
    """Teams made on the first day by the owner, everybody in one of them; then what happened later."""
    with ago(timedelta(days=days)):
        _make_teams(people, actor=actor_of(people[0]))
        db.session.flush()
    if len(people) > len(Role):
        _hand_out_rights(people, days=days)
    if seed % 2 == 0:
        _ask_people_in(people[0])


def _make_teams(people: Sequence[UUID], *, actor: Actor) -> None:
    """As many of the teams as the plan lets there be, from the top."""
    teams: dict[str, Team] = {}
    for name, (above, text) in islice(TEAMS.items(), entitlements().limit("teams")):
        parent_id = teams[above].id if above else None
        teams[name] = create_team(name=name, description=text, parent_id=parent_id, actor=actor)
    order = ("Product", "Customers", LED, "Support", "Platform", "Sales", "Design")
    places = cycle([name for name in order if name in teams])
    for number, (user_id, name) in enumerate(zip(people, places, strict=False)):
        also = "Product" if number % 3 == 0 and name != "Product" else ""
        leads = db.session.get_one(User, user_id).role == Role.TEAM_ADMIN
        for team in {LED if leads else name, also} & teams.keys():
            add_member(teams[team], user_id, actor=actor)
        if leads and LED in teams:
            set_lead(teams[LED], user_id, leads=True, actor=actor)


def _hand_out_rights(people: Sequence[UUID], *, days: int) -> None:
    """A role of the organisation's own for the last one, and a permission within one team for the one before."""
    owner, *_, helper, lead = people
    with ago(timedelta(days=days / 2)):
        actor = actor_of(owner)
        role = create_role(name="Support lead", description=ROLE, permissions=LEADS_MAY, actor=actor)
        change_role(db.session.get_one(User, lead), to=str(role.id), actor=actor)
        support = db.session.scalars(select(Team).where(Team.name == "Support")).one()
        give(db.session.get_one(User, helper), permission=INVITE.name, team_id=support.id, actor=actor)
        db.session.flush()


def _ask_people_in(owner: UUID) -> None:
    """One invitation that ran out, one that was taken back and one that is open; one who asks to be let in."""
    for name, days, role in (("noor", 20, Role.MEMBER), ("pavel", 11, Role.ADMIN), ("mika", 2, Role.MEMBER)):
        with ago(timedelta(days=days)):
            actor = actor_of(owner)
            [invitation] = invite([f"{name}@partner.example"], Offer(role), message=WELCOME, actor=actor)
            if name == "pavel":
                revoke_invitation(invitation.id, actor=actor)
            db.session.flush()
    with ago(timedelta(days=5)):
        actor = actor_of(owner)
        domain = add_domain(actor.email, mode=JoinMode.REQUEST, role=Role.MEMBER, actor=actor).domain
        db.session.flush()
    with ago(timedelta(hours=7)):
        waiting = timedelta(days=30)
        asked = JoinRequest(
            email=f"lena@{domain}",
            name="Lena Sørensen",
            password_hash="",
            token_hash=token_hash(new_token()),
            expires_at=now() + waiting,
            verified_at=now(),
            announced_at=now(),
        )
        db.session.add(asked)
        db.session.flush()
