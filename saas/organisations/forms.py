"""Forms of an organisation's settings."""

from functools import cache
from typing import Any

from markupsafe import Markup, escape
from wtforms import Field, SelectField
from wtforms.validators import DataRequired, Length, Optional
from wtforms.widgets import html_params

from saas.tenancy.locales import LANGUAGES, time_zones
from saas.tenancy.names import SLUG_LENGTH
from saas.web.forms import BaseForm, Line


@cache
def _zone_options() -> str:
    """The options of the time zone field, grouped by region: many, so they are written once in a process."""
    groups: dict[str, list[str]] = {}
    for zone in time_zones()[1:]:
        region, _, place = zone.partition("/")
        label = place.replace("_", " ").replace("/", ", ")
        groups.setdefault(region, []).append(f'<option value="{zone}">{label}</option>')
    drawn = (f'<optgroup label="{region}">{"".join(options)}</optgroup>' for region, options in groups.items())
    return '<option value="UTC">UTC</option>' + "".join(drawn)


class ZoneSelect:
    """The control of the time zone field."""

    def __call__(self, field: Field, **attributes: Any) -> Markup:
        """A select with the field's zone chosen; one that is not offered stands first."""
        attributes.setdefault("id", field.id)
        zone = escape(field.data or "UTC")
        options = _zone_options().replace(f'value="{zone}">', f'value="{zone}" selected>', 1)
        if " selected>" not in options:
            options = f'<option value="{zone}" selected>{zone}</option>{options}'
        drawn = f"<select {html_params(name=field.name, **attributes)}>{options}</select>"
        return Markup(drawn)  # nosec B704  # noqa: S704 - every part is escaped


class ProfileForm(BaseForm):
    """What the organisation is called, how it writes dates and where its people ask for help."""

    name = Line(
        "Organisation name",
        [DataRequired("Please enter a name."), Length(max=100, message="Use at most 100 characters.")],
        render_kw={"autocomplete": "organization"},
    )
    time_zone = Line(
        "Time zone", description="Dates and times on your pages are shown in this zone.", widget=ZoneSelect()
    )
    language = SelectField(
        "Formats",
        choices=LANGUAGES,
        description="How dates and numbers are written. The pages themselves stay in English.",
        validate_choice=False,
    )
    support_address = Line(
        "Support address",
        [Optional(), Length(max=254, message="Use at most 254 characters.")],
        description="Where your people write for help; it stands at the foot of pages and mails.",
    )


class AddressForm(BaseForm):
    """The organisation's name in its address."""

    slug = Line(
        "New address",
        [DataRequired("Please enter an address."), Length(max=253, message=f"Use at most {SLUG_LENGTH} characters.")],
    )


class CloseForm(BaseForm):
    """The typed assurance."""

    confirm = Line("Address", [DataRequired("Please type the address to confirm.")])
