"""Mail of the public site and of getting started."""

from collections.abc import Sequence
from dataclasses import dataclass

from saas.accounts.models import User
from saas.accounts.queries import get_letterhead
from saas.core.mailtemplates import render_mail
from saas.core.module import Step
from saas.core.runtime import runtime, settings
from saas.onboarding.tips import tips_token
from saas.tenancy.names import is_linklike


def send_organisations(to: str, organisations: Sequence[tuple[str, str]]) -> None:
    """Mail the organisations, as pairs of name and address, in which somebody has an account."""
    runtime().postbox.enqueue(render_mail("your_organisations", to=to, organisations=organisations))


@dataclass(frozen=True, slots=True)
class Guide:
    """A mail on getting started: its templates, a title, a sentence, the path to go on at, what the button there says."""

    mail: str
    title: str
    sentence: str
    path: str
    action: str


def send_guidance(guide: Guide, person: User, *, steps: Sequence[Step]) -> None:
    """Mail a person what comes next; ``steps`` are those that are left to them. The foot leads to where it can be declined."""
    head = get_letterhead()
    mail = render_mail(
        guide.mail,
        to=person.email,
        organisation=head,
        greeting="Hello," if is_linklike(person.name) else f"Hello {person.name},",
        guide=guide,
        steps=steps,
        host=settings().public_url(head.host, "").partition("://")[2],
        link=settings().public_url(head.host, guide.path),
        decline=settings().public_url(head.host, f"/tips/{tips_token(person.id)}"),
    )
    runtime().postbox.enqueue(mail)
