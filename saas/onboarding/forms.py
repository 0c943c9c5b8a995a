"""Forms of the public site."""

from collections.abc import Callable

from wtforms import Field, Form, HiddenField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from saas.accounts.passwords import check_password
from saas.core.addresses import canonical_email
from saas.core.errors import Invalid
from saas.onboarding.operations import SignUp
from saas.organisations.queries import check_availability
from saas.tenancy.names import SLUG_LENGTH, clean_public_name
from saas.web.forms import BaseForm, Line, Secret


def passes(check: Callable[[str], object]) -> Callable[[Form, Field], None]:
    """A validator from a check of the floors below: its refusal becomes the field's message."""

    def validate(_form: Form, field: Field) -> None:
        try:
            check(field.data or "")
        except Invalid as refusal:
            raise ValidationError(refusal.message) from None

    return validate


def a_name(text: str) -> str:
    """The check of names, whichever field they stand in."""
    return clean_public_name(text, field="name")


class SignUpForm(BaseForm):
    """An organisation and the person who founds it."""

    organisation = Line(
        "Organisation name",
        [DataRequired("Please enter the organisation's name."), passes(a_name)],
        render_kw={"autocomplete": "organization", "maxlength": 100},
    )
    slug = Line(
        "Address",
        [DataRequired("Please choose an address.")],
        description="Where your people sign in. You can change it later.",
        render_kw={"maxlength": SLUG_LENGTH},
    )
    name = Line("Your name", [DataRequired("Please enter your name."), passes(a_name)], render_kw={"maxlength": 100})
    email = Line(
        "Work e-mail",
        [DataRequired("Please enter your e-mail address."), Length(max=254), passes(canonical_email)],
        description="We send a link there to make sure that it is yours.",
    )
    plan = HiddenField()
    password = Secret(
        "Password",
        [InputRequired("Please choose a password.")],
        description="A few unrelated words make a good one.",
    )

    def validate_slug(self, field: Field) -> None:
        """Refuse what cannot be an address, or is another organisation's: one of the faults told together."""
        if fault := check_availability(field.data or "").fault:
            raise ValidationError(fault)

    def validate_password(self, field: Field) -> None:
        """Refuse what is easy to guess for somebody who knows the rest of the form."""
        try:
            check_password(field.data or "", about=self.wanted().about)
        except Invalid as refusal:
            raise ValidationError(refusal.message) from None

    def wanted(self) -> SignUp:
        """What was entered."""
        return SignUp(**{name: value or "" for name, value in self.data.items()})


class FindForm(BaseForm):
    """The address whose organisations are wanted."""

    email = Line(
        "Your e-mail address",
        [DataRequired("Please enter your e-mail address."), Length(max=254), passes(canonical_email)],
    )
