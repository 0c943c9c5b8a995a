"""Forms of joining without an invitation."""

from wtforms.validators import InputRequired

from saas.members.forms.invitations import AcceptForm
from saas.web.forms import BaseForm, Line, Secret


class JoinForm(AcceptForm):
    """Who wants to join."""

    email = Line("Work e-mail", [InputRequired("Please enter your e-mail address.")])


class ProveForm(BaseForm):
    """The password that was chosen when asking."""

    password = Secret("Password", [InputRequired("Please enter your password.")])
