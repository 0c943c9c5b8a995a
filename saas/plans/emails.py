"""Mail about plans."""

from saas.catalogue.terms import Terms
from saas.core.actor import Actor
from saas.core.mailtemplates import render_mail
from saas.core.runtime import runtime, settings
from saas.tenancy.queries import own_tenant


def send_wanted(wanted: Terms, *, present: Terms, actor: Actor) -> None:
    """Tell the platform's support that an organisation asks for a plan, and who to answer."""
    tenant = own_tenant()
    mail = render_mail(
        "plan_wanted",
        to=settings().support_address,
        called=tenant.name,
        host=settings().tenant_host(tenant.slug),
        wanted=wanted.label,
        present=present.label,
        asked_by=actor.name,
        email=actor.email,
    )
    runtime().postbox.enqueue(mail)
