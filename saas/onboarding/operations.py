"""Writes of getting started: founding an organisation, finding one's own, the checklist."""

from dataclasses import dataclass, field

from saas.accounts.operations import create_user, issue_hand_over, send_verification
from saas.core.actor import Actor
from saas.core.addresses import canonical_email
from saas.core.jobs import enqueue
from saas.core.module import Role
from saas.core.runtime import runtime, settings
from saas.onboarding.emails import send_organisations
from saas.organisations.module import CONFIGURE
from saas.organisations.operations import note
from saas.tenancy.models import IN_SERVICE, Status
from saas.tenancy.names import clean_public_name
from saas.tenancy.operations import create_tenant, request_spares
from saas.tenancy.queries import tenants_of_email
from saas.tenancy.scope import inside

FIND_JOB = "onboarding.send_organisations"
HIDDEN = "checklist_hidden"
"""The key in an organisation's config that says that its checklist was put away."""

_PURPOSE = "find my organisations"


@dataclass(frozen=True, slots=True)
class SignUp:
    """What somebody who founds an organisation tells."""

    organisation: str
    slug: str
    name: str
    email: str
    password: str = field(repr=False)

    @property
    def about(self) -> tuple[str, ...]:
        """Words that anybody can guess, of which the password must not be made."""
        told = (self.organisation, self.slug, self.name)
        parts = " ".join((*told, self.email.partition("@")[0])).replace("-", " ").replace(".", " ").split()
        return (*told, *parts)


@dataclass(frozen=True, slots=True)
class Founded:
    """A new organisation's host, and the secret with which its founder arrives there signed in."""

    host: str
    token: str = field(repr=False)


def found_organisation(wanted: SignUp, *, actor: Actor) -> Founded:
    """Make an organisation and its owner's account, in the platform's scope: both or neither.

    Raises Invalid for what the form can mend, NoSpare when no schema is ready; the transaction is to be rolled back then.
    """
    organisation = clean_public_name(wanted.organisation, field="organisation")
    email = canonical_email(wanted.email)
    tenant = create_tenant(name=organisation, slug=wanted.slug, billing_email=email, actor=actor)
    with inside(tenant):
        owner = create_user(
            email=email, name=wanted.name, password=wanted.password, role=Role.OWNER, actor=actor, about=wanted.about
        )
        send_verification(owner, actor=actor)
        token = issue_hand_over(owner, actor=actor)
    request_spares()
    return Founded(settings().tenant_host(tenant.slug), token)


def ask_for_organisations(email: str, *, actor: Actor) -> None:
    """Have the organisations of an address mailed to it. The work is the same whether it has any; raises Invalid."""
    enqueue(FIND_JOB, sealed=runtime().keys.seal_text(canonical_email(email), purpose=_PURPOSE))


def answer_for_organisations(sealed: str) -> None:
    """Mail the organisations asked for, in the platform's scope; an address that has none gets no mail."""
    email = runtime().keys.unseal_text(sealed, purpose=_PURPOSE)
    open_ones = {*IN_SERVICE, Status.SUSPENDED}
    found = [tenant for tenant in tenants_of_email(email) if tenant.status in open_ones]
    if found:
        at = settings()
        send_organisations(email, [(one.name, at.public_url(at.tenant_host(one.slug))) for one in found])


def hide_checklist(*, hidden: bool, actor: Actor) -> None:
    """Put the organisation's checklist away from its home, or bring it back. Raises NotAllowed."""
    actor.require(CONFIGURE)
    note(HIDDEN, hidden)
