"""Forms of accounts."""

from wtforms import RadioField
from wtforms.validators import InputRequired, Length

from saas.accounts.passwords import SHORTEST
from saas.core.themes import THEMES
from saas.web.forms import BaseForm, Choice, Line, Secret

_EMAIL = InputRequired("Please enter your e-mail address.")
_PASSWORD = InputRequired("Please enter your password.")
_CHOOSE = (
    InputRequired("Please choose a password."),
    Length(min=SHORTEST, message=f"Use at least {SHORTEST} characters."),
)


class SignInForm(BaseForm):
    """Who comes."""

    email = Line("E-mail address", [_EMAIL])
    password = Secret("Password", [_PASSWORD])


class ForgotForm(BaseForm):
    """Whose password is forgotten."""

    email = Line("E-mail address", [_EMAIL])


class ResetForm(BaseForm):
    """The new password, after a link from the mailbox."""

    password = Secret("New password", _CHOOSE)


class ConfirmForm(BaseForm):
    """The password once more."""

    password = Secret("Password", [_PASSWORD])


class ProfileForm(BaseForm):
    """How a person is called and how pages look to them."""

    name = Line("Your name", [InputRequired("Please enter your name.")])
    theme = RadioField("Theme", choices=[Choice(value, label) for value, label in THEMES.items()])


class PasswordForm(BaseForm):
    """A change of password."""

    current_password = Secret("Present password", [InputRequired("Please enter your present password.")])
    password = Secret("New password", _CHOOSE)


class EmailForm(BaseForm):
    """An address to use from now on."""

    email = Line("New e-mail address", [InputRequired("Please enter the new address.")])
