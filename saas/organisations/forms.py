"""Forms of an organisation's settings."""

from functools import cache
from typing import Any, Self

from markupsafe import Markup, escape
from wtforms import Field, HiddenField, SelectField, SelectMultipleField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional, ValidationError
from wtforms.widgets import html_params

from saas.accounts import methods
from saas.tenancy.locales import LANGUAGES, time_zones
from saas.tenancy.names import SLUG_LENGTH
from saas.tenancy.policy import NetworkList, SecurityPolicy
from saas.web.forms import BaseForm, Line, readable


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
    """What the organisation is called, how it writes dates and where its people ask for help.

    ``version`` is that of the profile being edited.
    """

    version = HiddenField()
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


class Whole(Line):
    """A whole number, or nothing."""

    def number(self) -> int | None:
        """What was entered; None also for what is no number."""
        text = self.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else None

    def pre_validate(self, form: Any) -> None:
        """Refuse what is no number."""
        if self.data and self.number() is None:
            raise ValidationError("Give a whole number, or nothing.")


class PolicyForm(BaseForm):
    """The security policy. ``step`` is what to do with it: look at what it would do, save it, or go on editing."""

    idle_minutes = Whole("Time without a page")
    absolute_hours = Whole("Time after signing in")
    methods = SelectMultipleField("Ways to sign in", validate_choice=False)
    networks = TextAreaField(
        "Addresses and networks",
        [readable],
        description="One on each line. Leave it empty to let people in from everywhere.",
    )
    version = HiddenField()

    @classmethod
    def of_policy(cls, policy: SecurityPolicy, version: str) -> Self:
        """The form of a request, which begins with the policy as it is."""
        every = tuple(method.name for method in methods.METHODS)
        return cls.of_request(
            idle_minutes=str(policy.idle_minutes or ""),
            absolute_hours=str(policy.absolute_hours or ""),
            methods=policy.methods or every,
            networks="\n".join(policy.networks),
            version=version,
        )

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self.methods.choices = [(method.name, method.label) for method in methods.METHODS]

    def validate_methods(self, field: Field) -> None:
        """Refuse to close the last door."""
        if not set(field.data or ()) & {method.name for method in methods.METHODS}:
            raise ValidationError("Leave at least one way to sign in.")

    def validate_networks(self, field: Field) -> None:
        """Say which lines are neither addresses nor networks."""
        if message := NetworkList.read(self.lines()).message:
            raise ValidationError(message)

    def lines(self) -> list[str]:
        """The list as it was typed."""
        return (self.networks.data or "").splitlines()

    def add(self, address: str) -> None:
        """Put an address at the end of the list."""
        self.networks.data = "\n".join([*self.lines(), address])

    def policy(self) -> SecurityPolicy:
        """The policy that was entered, without what is not right."""
        networks = NetworkList.read(self.lines()).networks
        return SecurityPolicy(
            self.idle_minutes.number(), self.absolute_hours.number(), networks, tuple(self.methods.data or ())
        )
