"""Forms of API keys."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from wtforms import DateField, Field, Form, HiddenField, RadioField, SelectMultipleField
from wtforms.validators import DataRequired, Length, StopValidation

from saas.core.clock import now
from saas.core.errors import Invalid
from saas.core.ids import new_id
from saas.web.forms import BaseForm, Line

DAYS = {"30": "30 days", "90": "90 days", "365": "A year"}
CUSTOM, NEVER = "custom", "never"
GRACE = {"0": "Not at all", "3600": "For an hour", "86400": "For a day", "604800": "For a week"}
"""How many seconds the former secret still works after a renewal."""


def _when_chosen(form: Form, field: Field) -> None:
    """Look at the last day only when that choice was made; an empty one is told in our words, later."""
    if form["expiry"].data != CUSTOM or not (field.raw_data and field.raw_data[0]):
        field.errors = []
        raise StopValidation


class KeyForm(BaseForm):
    """A key as somebody wants it; ``number`` is the id that it will have, so that a form sent twice makes one key."""

    number = HiddenField()
    name = Line(
        "Name",
        [DataRequired("This is needed."), Length(max=100, message="Use at most 100 characters.")],
        render_kw={"maxlength": 100, "autocomplete": "off"},
        description="Which program uses it, and where. It stands in the audit log beside all that the key does.",
    )
    expiry = RadioField("Expires", choices={**DAYS, CUSTOM: "Another day", NEVER: "Never"})
    expires_on = DateField("Last day", [_when_chosen])
    permissions = SelectMultipleField("Permissions", validate_choice=False)

    def key_id(self) -> UUID:
        """The id that the key will have; a new one if the form holds none."""
        try:
            return UUID(self.number.data or "")
        except ValueError:
            return new_id()

    def expires_at(self, zone: str) -> datetime | None:
        """The moment when the key ends, in UTC: of a chosen day the end, as the organisation's clock has it. Raises Invalid."""
        if self.expiry.data == NEVER:
            return None
        if self.expiry.data in DAYS:
            return now() + timedelta(days=int(self.expiry.data))
        if self.expires_on.data is None:
            raise Invalid("Choose the last day.", field="expires_on")
        try:
            following = datetime.combine(self.expires_on.data + timedelta(days=1), time(), ZoneInfo(zone))
            return following.astimezone(UTC)
        except OverflowError:
            raise Invalid("Choose a day within ten years.", field="expires_on") from None


class RotateForm(BaseForm):
    """How long the present secret works on; ``seen`` is the hint of the key that was looked at."""

    seen = HiddenField()
    grace = RadioField("The present secret works on", choices=GRACE)
