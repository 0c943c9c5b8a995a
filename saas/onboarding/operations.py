"""Writes of getting started: founding an organisation, finding one's own, the checklist."""

from dataclasses import dataclass, field, replace

from saas.accounts.operations import issue_hand_over, make_user, send_verification
from saas.accounts.persons import as_person
from saas.accounts.queries import is_active_address
from saas.core.actor import Actor
from saas.core.addresses import canonical_email
from saas.core.audit import changes_of, record
from saas.core.jobs import enqueue
from saas.core.module import Role
from saas.core.runtime import runtime, settings
from saas.onboarding.emails import send_organisations
from saas.onboarding.module import CHECKLIST_HIDDEN, CHECKLIST_SHOWN, FOUNDED, ORGANISATIONS_ASKED
from saas.organisations.module import CONFIGURE
from saas.organisations.operations import note
from saas.organisations.queries import get_profile
from saas.tenancy.models import IN_SERVICE, Status, Tenant
from saas.tenancy.names import clean_public_name
from saas.tenancy.operations import create_tenant, request_spares
from saas.tenancy.plans import is_open
from saas.tenancy.queries import tenants_of_email
from saas.tenancy.recording import target_of
from saas.tenancy.scope import inside

FIND_JOB = "onboarding.send_organisations"
HIDDEN = "checklist_hidden"
"""The key in an organisation's config that says that its checklist was put away."""

_PURPOSE = "find my organisations"


@dataclass(frozen=True, slots=True)
class SignUp:
    """What somebody who founds an organisation tells; ``plan`` is the one to begin with, if anybody can have it."""

    organisation: str
    slug: str
    name: str
    email: str
    password: str = field(repr=False)
    plan: str = ""

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
    email, name = canonical_email(wanted.email), clean_public_name(wanted.name, field="name")
    founder = replace(actor, name=name, email=email)
    plan = wanted.plan if is_open(wanted.plan) else ""
    tenant = create_tenant(name=organisation, slug=wanted.slug, billing_email=email, plan=plan, actor=founder)
    target = target_of(tenant)
    with inside(tenant):
        password, about = wanted.password, wanted.about
        owner = make_user(email=email, name=name, password=password, role=Role.OWNER, about=about)
        founder = as_person(owner, actor)
        record(FOUNDED, actor=founder, target=target, changes=changes_of({}, {"owner": name, "email": email}))
        send_verification(owner, actor=founder)
        token = issue_hand_over(owner, actor=founder)
    request_spares()
    return Founded(settings().tenant_host(tenant.slug), token)


def ask_for_organisations(email: str, *, actor: Actor) -> None:
    """Have the organisations of an address mailed to it. The work is the same whether it has any; raises Invalid.

    The operators' log tells that somebody asked, but not for whom: the address may be a stranger's.
    """
    enqueue(FIND_JOB, sealed=runtime().keys.seal_text(canonical_email(email), purpose=_PURPOSE))
    record(ORGANISATIONS_ASKED, actor=actor)


def answer_for_organisations(sealed: str) -> None:
    """Mail the organisations asked for, in the platform's scope; an address that has none gets no mail."""
    email = runtime().keys.unseal_text(sealed, purpose=_PURPOSE)
    open_ones = {*IN_SERVICE, Status.SUSPENDED}
    found = [tenant for tenant in tenants_of_email(email) if tenant.status in open_ones and _lets_in(tenant, email)]
    if found:
        at = settings()
        send_organisations(email, [(one.name, at.public_url(at.tenant_host(one.slug))) for one in found])


def _lets_in(tenant: Tenant, email: str) -> bool:
    """Whether the account there is one to sign in with: not of somebody who was deactivated or removed."""
    with inside(tenant):
        return is_active_address(email)


def hide_checklist(*, hidden: bool, actor: Actor) -> None:
    """Put the organisation's checklist away from its home, or bring it back. Raises NotAllowed."""
    actor.require(CONFIGURE)
    changes = changes_of({"hidden": bool(get_profile().config.get(HIDDEN))}, {"hidden": hidden})
    if changes:
        note(HIDDEN, hidden)
        record(CHECKLIST_HIDDEN if hidden else CHECKLIST_SHOWN, actor=actor, changes=changes)
