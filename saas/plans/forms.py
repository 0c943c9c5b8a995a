"""Forms of plans."""

from wtforms import HiddenField, SelectMultipleField

from saas.web.forms import BaseForm


class ModulesForm(BaseForm):
    """Which parts of the product everybody works with; ``seen`` is the version of the choice that was looked at."""

    seen = HiddenField()
    modules = SelectMultipleField("Parts of the product", validate_choice=False)
