"""Forms of plans."""

from wtforms import HiddenField, SelectMultipleField, TextAreaField
from wtforms.validators import Length

from saas.plans.operations import LONGEST_WISH
from saas.web.forms import BaseForm, readable


class WishForm(BaseForm):
    """What an organisation needs for which there is no price list."""

    plan = HiddenField()
    message = TextAreaField(
        "What do you need?", [readable, Length(max=LONGEST_WISH, message=f"Use at most {LONGEST_WISH} characters.")]
    )


class ModulesForm(BaseForm):
    """Which parts of the product everybody works with; ``seen`` is the version of the choice that was looked at."""

    seen = HiddenField()
    modules = SelectMultipleField("Parts of the product", validate_choice=False)
