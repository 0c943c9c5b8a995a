"""The form of an e-mail domain."""

from wtforms import RadioField
from wtforms.validators import InputRequired, Length

from saas.core.module import Role
from saas.members.models import JoinMode
from saas.web.forms import BaseForm, Choice, Line

_CHOOSE = "Please choose one of these."
_MODES = [Choice(JoinMode.REQUEST, "Ask to join"), Choice(JoinMode.AUTO, "Just join")]
_ROLES = [Choice(Role.MEMBER, "Member"), Choice(Role.VIEWER, "Viewer")]
MODE_TEXTS = {
    "request": "An admin decides about each person.",
    "auto": "Whoever can read mail at the address is in, as long as seats are free.",
}
ROLE_TEXTS = {"member": "Does the work.", "viewer": "Looks on and changes nothing."}


class WaysForm(BaseForm):
    """How people with an address at a domain come in, and as what."""

    mode = RadioField("How people come in", [InputRequired(_CHOOSE)], choices=_MODES, default=JoinMode.REQUEST)
    role = RadioField("Their role", [InputRequired(_CHOOSE)], choices=_ROLES, default=Role.MEMBER)


class DomainForm(WaysForm):
    """A domain to add."""

    domain = Line(
        "Domain",
        [InputRequired("Please enter a domain."), Length(max=254, message="Use at most 254 characters.")],
        render_kw={"autocapitalize": "none", "spellcheck": "false"},
    )
