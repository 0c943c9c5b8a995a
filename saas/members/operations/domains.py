"""Writes about e-mail domains whose people may join without an invitation."""

from sqlalchemy import func, select

from saas.accounts.models import User
from saas.core.actor import Actor
from saas.core.addresses import canonical_email
from saas.core.audit import Target, changes_of, record
from saas.core.database import db
from saas.core.errors import Invalid
from saas.core.module import Role
from saas.members import module
from saas.members.guard import check_may_give, source_of_role
from saas.members.models import EmailDomain, JoinMode
from saas.members.module import CONFIGURE
from saas.members.providers import is_public
from saas.members.queries.domains import domain_of, get_domain

ROLES = (Role.MEMBER, Role.VIEWER)
"""What people can get who join by a domain: never more than a member has."""
MOST_DOMAINS = 100


def add_domain(domain: str, *, mode: str, role: str, actor: Actor) -> EmailDomain:
    """Let people with an address at a domain join; it is proven by the actor's own address there.

    The platform itself needs no proof. Raises NotAllowed, and Invalid for what is no domain, a public mail provider, or one
    that the actor has no confirmed address at, for a role above the actor, and for more than MOST_DOMAINS.
    """
    actor.require(CONFIGURE)
    domain = _canonical(domain)
    _check_ways(mode, role, actor)
    if is_public(domain):
        raise Invalid(f"Anybody can have an address at {domain}, so it cannot tell who belongs to you.", field="domain")
    _check_proof(domain, actor)
    if db.session.get(EmailDomain, domain) is not None:
        raise Invalid("This domain is on the list already.", field="domain")
    if (db.session.scalar(select(func.count()).select_from(EmailDomain)) or 0) >= MOST_DOMAINS:
        raise Invalid(f"There are {MOST_DOMAINS} domains already. Remove one first.", field="domain")
    added = EmailDomain(domain=domain, mode=mode, role=role, proven_by_id=actor.id if actor.kind == "member" else None)
    db.session.add(added)
    db.session.flush()
    record(module.DOMAIN_ADDED, actor=actor, target=_target(added), mode=mode, role=role)
    return added


def _canonical(text: str) -> str:
    """The domain of what was typed: a domain, with or without an @ before it, or an address there."""
    domain = text.strip().rpartition("@")[2]
    try:
        return domain_of(canonical_email(f"x@{domain}"))
    except Invalid:
        raise Invalid("Please enter a domain such as example.com.", field="domain") from None


def _check_ways(mode: str, role: str, actor: Actor) -> None:
    if mode not in set(JoinMode):
        raise Invalid("Please choose one of these.", field="mode")
    if role not in ROLES:
        raise Invalid("People who join by themselves become members or viewers.", field="role")
    check_may_give(actor, [source_of_role(role)])


def _check_proof(domain: str, actor: Actor) -> None:
    if actor.kind in ("system", "job", "operator"):
        return
    user = db.session.get(User, actor.id) if actor.kind == "member" else None
    if user is None or domain_of(user.email) != domain:
        raise Invalid(
            f"You can add the domain of your own address only. Let an admin at {domain} do it.", field="domain"
        )
    if user.verified_at is None:
        raise Invalid("Please confirm your own e-mail address first: it proves the domain.", field="domain")


def change_domain(domain: str, *, mode: str, role: str, actor: Actor) -> EmailDomain:
    """Change how people with an address at a domain join, and as what. Raises NotFound, NotAllowed, Invalid."""
    actor.require(CONFIGURE)
    _check_ways(mode, role, actor)
    changed = get_domain(domain, to_change=True)
    changes = changes_of({"mode": changed.mode, "role": changed.role}, {"mode": mode, "role": role})
    if changes:
        changed.mode, changed.role = mode, role
        record(module.DOMAIN_CHANGED, actor=actor, target=_target(changed), changes=changes)
    return changed


def remove_domain(domain: str, *, actor: Actor) -> None:
    """Let nobody join by a domain any more; requests that wait are decided as before. Raises NotFound, NotAllowed."""
    actor.require(CONFIGURE)
    removed = get_domain(domain, to_change=True)
    db.session.delete(removed)
    record(module.DOMAIN_REMOVED, actor=actor, target=_target(removed), mode=removed.mode, role=removed.role)


def _target(domain: EmailDomain) -> Target:
    return Target("email_domain", domain.domain, domain.domain)
