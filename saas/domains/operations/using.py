"""Using domains: which of them the pages live on, and links for whoever keeps the records."""

from datetime import timedelta

from sqlalchemy import update

from saas.core.actor import Actor
from saas.core.audit import record
from saas.core.clock import now
from saas.core.crypto import token_hash
from saas.core.database import db
from saas.core.errors import Conflict
from saas.core.ids import new_token
from saas.domains.certificates.queries import certificate_states
from saas.domains.module import LINK_ENDED, LINK_MADE, MADE_PRIMARY, MANAGE, UNSET, WHITE_LABEL
from saas.domains.operations.holding import target_of
from saas.domains.queries import status_of
from saas.domains.statuses import HostStatus
from saas.tenancy.directory import directory
from saas.tenancy.limits import require_feature
from saas.tenancy.models import Domain

LINK_KEPT = timedelta(days=14)
"""How long a link for whoever keeps the records is good."""


def make_primary(domain: Domain, *, actor: Actor) -> None:
    """Have the pages live on a domain; the organisation's other addresses lead there from the commit on.

    Raises NotAllowed, FeatureLocked, and Conflict for a domain that nobody can be sent to.
    """
    actor.require(MANAGE)
    require_feature(WHITE_LABEL)
    if status_of(domain) is not HostStatus.ACTIVE:
        raise Conflict("Pages can live on a domain once its records are right. Check them first.")
    if not certificate_states([domain.host])[domain.host].serves:
        raise Conflict("Pages can live on a domain once its certificate is there. It is being made.")
    if domain.is_primary:
        return
    others = (Domain.tenant_id == domain.tenant_id) & Domain.is_primary
    db.session.execute(update(Domain).where(others).values(is_primary=False))
    domain.is_primary = True
    record(MADE_PRIMARY, actor=actor, target=target_of(domain))
    directory.forget_with_commit(domain.tenant_id)


def unset_primary(domain: Domain, *, actor: Actor) -> None:
    """Have the pages live on the organisation's subdomain again; the domain still answers. Raises NotAllowed."""
    actor.require(MANAGE)
    if not domain.is_primary:
        return
    domain.is_primary = False
    record(UNSET, actor=actor, target=target_of(domain))
    directory.forget_with_commit(domain.tenant_id)


def make_share_link(domain: Domain, *, actor: Actor) -> str:
    """A new token for the page that shows the records without an account; one that was made before is worth nothing from then on.

    Raises NotAllowed, FeatureLocked.
    """
    actor.require(MANAGE)
    require_feature(WHITE_LABEL)
    token = new_token()
    domain.share_hash, domain.share_expires_at = token_hash(token), now() + LINK_KEPT
    record(LINK_MADE, actor=actor, target=target_of(domain), until=domain.share_expires_at)
    return token


def end_share_link(domain: Domain, *, actor: Actor) -> None:
    """Let the link open nothing any more. Raises NotAllowed."""
    actor.require(MANAGE)
    if not domain.share_hash:
        return
    domain.share_hash, domain.share_expires_at = b"", None
    record(LINK_ENDED, actor=actor, target=target_of(domain))
