"""Forms of plans."""

from wtforms import Field, HiddenField, SelectMultipleField, StringField, TextAreaField, ValidationError
from wtforms.validators import DataRequired, Length

from saas.core.addresses import canonical_email
from saas.core.errors import Invalid
from saas.plans.emails import Prospect
from saas.plans.operations import LONGEST_WISH
from saas.web.forms import BaseForm, readable


class WishForm(BaseForm):
    """What an organisation needs for which there is no price list."""

    plan = HiddenField()
    message = TextAreaField(
        "What do you need?", [readable, Length(max=LONGEST_WISH, message=f"Use at most {LONGEST_WISH} characters.")]
    )


class ContactForm(BaseForm):
    """Who somebody is that has no organisation here yet, and what they need."""

    plan = HiddenField()
    name = StringField("Your name", [readable, DataRequired("Please enter your name."), Length(max=100)])
    email = StringField("Work e-mail", [DataRequired("Please enter your e-mail address."), Length(max=254)])
    company = StringField("Company", [readable, DataRequired("Please enter your company's name."), Length(max=100)])
    message = TextAreaField(
        "What do you need?",
        [
            readable,
            DataRequired("Tell us in a few words what you need."),
            Length(max=LONGEST_WISH, message=f"Use at most {LONGEST_WISH} characters."),
        ],
    )

    def prospect(self) -> Prospect:
        """Who asks, and for what."""
        return Prospect(**{name: (self[name].data or "").strip() for name in Prospect.__slots__})

    def validate_email(self, field: Field) -> None:
        """Refuse what is no address."""
        try:
            canonical_email(field.data or "")
        except Invalid as refusal:
            raise ValidationError(refusal.message) from None


class ModulesForm(BaseForm):
    """Which parts of the product everybody works with; ``seen`` is the version of the choice that was looked at."""

    seen = HiddenField()
    modules = SelectMultipleField("Parts of the product", validate_choice=False)
