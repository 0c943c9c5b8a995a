"""Forms of the audit log."""

from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from saas.web.forms import BaseForm, Line, readable


class KeepForm(BaseForm):
    """The name under which a search is kept."""

    name = Line("Name", [InputRequired("Give the search a name."), Length(max=60)])


class MailsForm(BaseForm):
    """Who gets the daily seal."""

    addresses = TextAreaField(
        "Addresses", [readable, Length(max=2000)], description="One a line. Leave it empty to send none."
    )
