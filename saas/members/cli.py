"""People from the command line: ``saas members …``, under the same rules as on the pages."""

import click
from flask.cli import AppGroup

from saas.accounts.models import User
from saas.accounts.queries import find_user
from saas.core.addresses import canonical_email
from saas.core.console import say, table
from saas.core.database import db
from saas.core.errors import Invalid, NotFound
from saas.core.module import Role
from saas.core.runtime import settings
from saas.members.operations import people as operations
from saas.members.operations.admission import create_person
from saas.members.operations.invitations import DAYS, MOST_DAYS, Offer
from saas.members.operations.invitations import invite as invite_people
from saas.members.pasted import read_one
from saas.members.queries.people import STATUSES, Filter, find_people, rank_of, status_of
from saas.members.queries.roles import RoleEntry, list_roles, name_key
from saas.tenancy.directory import directory
from saas.tenancy.lifecycle import COMMAND_LINE
from saas.tenancy.models import Tenant
from saas.tenancy.queries import get_tenant
from saas.tenancy.scope import platform_scope, tenant_scope, tenant_work

group = AppGroup("members", help="People of an organisation: their roles, making, inviting and removing them.")


@group.command()
@click.argument("organisation")
@click.option("--email", required=True, help="The address the person signs in with.")
@click.option("--name", help="The person's name; the part before the @ by default.")
@click.option("--role", type=click.Choice([str(role) for role in Role]), default=str(Role.MEMBER), show_default=True)
def create(organisation: str, email: str, name: str | None, role: str) -> None:
    """Make an account, which takes a seat, and print the link by which the person chooses a password (good for one hour)."""
    tenant = _tenant(organisation)
    with tenant_work(tenant):
        called = name or email.partition("@")[0]
        user, token = create_person(email=email, name=called, role=Role(role), actor=COMMAND_LINE)
    entry = directory.by_id(tenant.id)
    assert entry is not None
    say(f"{user.name} <{user.email}> is {role} of {tenant.name}.")
    say(f"Choose a password: {settings().public_url(entry.host, f'/reset/{token}')}")


@group.command("list")
@click.argument("organisation")
@click.option("--status", type=click.Choice(sorted(STATUSES.keys() - {"invited"})), help="Only those.")
def list_(organisation: str, status: str | None) -> None:
    """Everybody in an organisation, the owners first."""
    with tenant_scope(_tenant(organisation)):
        labels = {role.stored: role.label for role in list_roles()}
        found = db.session.scalars(
            find_people(filter=Filter(status=status or "")).order_by(rank_of(User.role), User.email)
        )
        rows = [
            (user.email, user.name, labels.get((user.role, user.role_id), ""), status_of(user), _day(user))
            for user in found
        ]
    say(table(("E-MAIL", "NAME", "ROLE", "STATUS", "LAST ACTIVE"), rows) if rows else "Nobody.")


@group.command()
@click.argument("organisation")
@click.argument("email")
@click.argument("role")
def role(organisation: str, email: str, role: str) -> None:
    """Give somebody a role: a built-in one or, by its name, one that the organisation made. The last owner stays one."""
    with tenant_work(_tenant(organisation)):
        user = _person(email)
        wanted = _role(role)
        operations.change_role(user, to=wanted.key, actor=COMMAND_LINE)
    say(f"{user.name} <{user.email}> has the role {wanted.label}.")


@group.command()
@click.argument("organisation")
@click.argument("emails", nargs=-1, required=True)
@click.option("--role", default="member", show_default=True, help="A built-in role, or the name of one made there.")
@click.option(
    "--days", default=DAYS, show_default=True, type=click.IntRange(1, MOST_DAYS), help="How long the links work."
)
def invite(organisation: str, emails: tuple[str, ...], role: str, days: int) -> None:
    """Invite people by mail, all or none of them; each takes a seat."""
    with tenant_work(_tenant(organisation)):
        offer = Offer(*_role(role).stored)
        addresses = [_address(email) for email in emails]
        invite_people(addresses, offer, days=days, actor=COMMAND_LINE)
    say(f"{len(emails)} invited." if len(emails) > 1 else f"{addresses[0]} is invited.")


@group.command()
@click.argument("organisation")
@click.argument("email")
@click.option("--heir", help="The address of who looks after what they leave.")
def remove(organisation: str, email: str, heir: str | None) -> None:
    """Remove somebody; what they made keeps their name. The last owner stays."""
    with tenant_work(_tenant(organisation)):
        user = _person(email)
        operations.remove(user, heir=_person(heir) if heir else None, actor=COMMAND_LINE)
    say(f"{user.name} <{user.email}> is removed.")


def _tenant(name: str) -> Tenant:
    with platform_scope():
        return get_tenant(name)


def _person(email: str) -> User:
    user = find_user(canonical_email(email))
    if user is None:
        raise NotFound(f"Nobody there has the address {email}.")
    return user


def _address(text: str) -> str:
    """An address in canonical form; raises Invalid with the reason that the page would show, and which one it is."""
    read = read_one(text)
    if read.fault:
        raise Invalid(f"{read.text}: {read.fault}", field="emails")
    return read.email


def _day(user: User) -> str:
    return f"{user.last_seen_at:%Y-%m-%d}" if user.last_seen_at else "never"


def _role(name: str) -> RoleEntry:
    wanted = next((one for one in list_roles() if name_key(name) in (one.key, name_key(one.label))), None)
    if wanted is None:
        raise Invalid(f"There is no role “{name}”.", field="role")
    return wanted
