"""Forms of billing."""

import re
from typing import Self

from wtforms import HiddenField, RadioField, SelectField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from saas.billing.countries import countries
from saas.billing.details import Details
from saas.billing.operations.details import LONGEST
from saas.billing.reasons import REASONS
from saas.web.forms import BaseForm, Choice, Line, readable


def _at_most(name: str) -> Length:
    return Length(max=LONGEST[name], message=f"Use at most {LONGEST[name]} characters.")


class DetailsForm(BaseForm):
    """To whom invoices are made out, and who gets them. ``version`` is that of the details being edited."""

    version = HiddenField()
    company = Line("Company", [DataRequired("Please enter the company’s name."), _at_most("company")])
    line1 = Line(
        "Address",
        [DataRequired("Please enter the address."), _at_most("line1")],
        render_kw={"autocomplete": "address-line1"},
    )
    line2 = Line(
        "Second line of the address", [Optional(), _at_most("line2")], render_kw={"autocomplete": "address-line2"}
    )
    postcode = Line("Postcode", [Optional(), _at_most("postcode")])
    city = Line("City", [DataRequired("Please enter the city."), _at_most("city")])
    region = Line("State or region", [Optional(), _at_most("region")], render_kw={"autocomplete": "address-level1"})
    country = SelectField("Country", [DataRequired("Please choose a country.")], validate_choice=False)
    vat_id = Line("VAT id", [Optional(), Length(max=40, message="A VAT id has 4 to 20 letters and digits.")])
    po_number = Line("Purchase order number", [Optional(), _at_most("po_number")])
    emails = TextAreaField(
        "Mail about payments goes to", [readable, Optional(), Length(max=2000, message="This is too long.")]
    )

    @classmethod
    def of_details(cls, details: Details, *, company: str) -> Self:
        """The form of a request, which begins with the details as they are, and with a company's name where there is none."""
        values = {**details.stored(), "emails": "\n".join(details.emails), "version": details.version}
        values["company"] = details.company or company
        form = cls.of_request(**values)
        form.country.choices = [("", "Choose a country"), *countries().items()]
        return form

    def details(self) -> Details:
        """What was entered."""
        typed = {name: self.data[name] or "" for name in Details.__slots__ if name != "emails"}
        return Details(**typed, emails=tuple(filter(None, re.split(r"[\s,;]+", self.emails.data or ""))))


class CancelForm(BaseForm):
    """Why somebody cancels, and when it ends."""

    reason = RadioField(
        "Why do you cancel?",
        choices=[Choice(*one) for one in REASONS.items()],
        validators=[InputRequired("Tell us why, please.")],
    )
    comment = TextAreaField("What could we do better?", validators=[Length(max=500)])
    when = RadioField(
        "When does it end?",
        choices=[Choice("end", "At the end of what is paid"), Choice("now", "Now; what is paid is not given back")],
        default="end",
    )

    def of_trial(self) -> None:
        """Say it as of a trial, for which nothing is paid."""
        self.when.choices = [Choice("end", "At the end of the trial"), Choice("now", "Now")]
