"""Forms of the brand page."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

from flask import request
from wtforms import BooleanField, Field, FileField, Form, HiddenField, RadioField, SelectField, TextAreaField
from wtforms.validators import Length, ValidationError

from saas.branding.brand import FONTS, MODES, OVERRIDABLE, RADII
from saas.branding.changes import CORNERS, LEVELS
from saas.branding.custom_css import normalised
from saas.branding.identity import (
    LINKS,
    LONGEST_FOOTER,
    LONGEST_URL,
    PICTURES,
    Identity,
    checked,
    checked_address,
    rebased,
)
from saas.branding.themes import offered_themes
from saas.core.errors import Invalid
from saas.web.forms import BaseForm, Choice, Line, readable

_SINGLE = "single."
_LONG_URL = Length(max=LONGEST_URL, message=f"Use at most {LONGEST_URL} characters.")


def theme_refusal() -> Invalid:
    """What is said to a theme that nobody offers."""
    return Invalid(f"Choose one of {', '.join(offered_themes())}.", field="theme")


def _known_theme(_form: Form, field: Field) -> None:
    """Refuse a theme that is neither offered nor the one that holds, which may not be offered any more."""
    if field.data not in ("", field.object_data, *offered_themes()):
        raise ValidationError(theme_refusal().message)


class BrandForm(BaseForm):
    """All that the brand page sets but the own CSS. ``version`` is the number of the version being edited.

    Single colours are sent as ``single.light.link`` and so on; they are no fields of this class, as there are many.
    """

    version = HiddenField()
    theme = HiddenField("Theme", [_known_theme])
    primary = Line("Primary colour", description="Buttons, links and marks, as #rrggbb.")
    secondary = Line("Second colour", description="For highlights and charts. Leave it empty to do with one.")
    font = SelectField("Font", choices=[Choice(name, name) for name in FONTS], validate_choice=False)
    radius = SelectField("Corners", choices=[Choice(name, CORNERS[name]) for name in RADII], validate_choice=False)
    level = RadioField("Contrast", choices=[Choice(*level) for level in LEVELS.items()], validate_choice=False)
    name = Line("Company name", description="Stands on pages and in mails instead of the organisation’s name.")
    logo = HiddenField()
    logo_dark = HiddenField()
    icon = HiddenField()
    logo_file = FileField(
        "Logo", description="PNG, JPEG, WebP or GIF, at most 2 MB and 4 megapixels. Wide logos look best."
    )
    logo_dark_file = FileField(
        "Logo for dark pages", description="A light version. Without one, the logo stands on a light plate."
    )
    icon_file = FileField("Icon", description="A square picture for browser tabs and bookmarks.")
    footer = TextAreaField(
        "Footer", [readable], description=f"Stands below pages and mails; at most {LONGEST_FOOTER} characters."
    )
    terms = Line(LINKS["terms"], [_LONG_URL])
    privacy = Line(LINKS["privacy"], [_LONG_URL])
    imprint = Line(LINKS["imprint"], [_LONG_URL])
    support_begun = HiddenField()
    support_address = Line(
        "Support address", description="Where your people write for help. Saved apart from versions."
    )
    bare = BooleanField("Hide the platform’s name")

    single: dict[str, str]
    wrong_single: frozenset[str] = frozenset()
    """The names of single colours that were refused."""
    uploaded: tuple[str, ...] = ()
    """The fields whose pictures came with this request and are kept."""

    @classmethod
    def of_identity(cls, identity: Identity, version: int, support_address: str) -> "BrandForm":
        """The form of a request, which begins with an identity."""
        values = {name: getattr(identity, name) for name in cls._names()}
        form = cls.of_request(
            **values, version=str(version), support_address=support_address, support_begun=support_address
        )
        form.single = dict(identity.overrides) if request.method != "POST" else sent_single(request.form)
        return form

    @classmethod
    def of_address(cls, identity: Identity) -> "BrandForm":
        """The form as a preview's address has it; what is not there is as in the identity. Raises Invalid for an unknown theme."""
        values = {name: getattr(identity, name) for name in cls._names()}
        form = cls(request.args, **values)
        form.single = sent_single(request.args)
        if not form.theme.validate(form, [_known_theme]):
            raise Invalid(str(form.theme.errors[0]), field="theme")
        return form

    @staticmethod
    def _names() -> tuple[str, ...]:
        return tuple(name for name in Identity.__slots__ if name not in ("overrides", "custom_css"))

    def identity(self, own: Identity) -> Identity:
        """What was entered, with the CSS of the identity that holds."""
        texts: dict[str, Any] = {name: (self[name].data or "").strip() for name in self._names() if name != "bare"}
        return replace(own, **texts, bare=bool(self.bare.data), overrides=self.single)

    def fill(self, identity: Identity) -> None:
        """Show an identity instead of what was entered."""
        for name in self._names():
            self[name].data = getattr(identity, name)
        self.single = dict(identity.overrides)

    def rebase(self, begun: Identity, present: Identity) -> None:
        """Show what holds now wherever nothing was changed since the identity that the form began with."""
        typed = self.identity(present)
        with suppress(Invalid):
            typed = checked(typed)
        merged = rebased(typed, begun, present)
        for name in self._names():
            if getattr(merged, name) != getattr(typed, name):
                self[name].data = getattr(merged, name)
        self.single = dict(merged.overrides)

    def files(self) -> dict[str, Any]:
        """The pictures that were sent, by field."""
        sent = {name: request.files.get(f"{name}_file") for name in PICTURES}
        return {name: file for name, file in sent.items() if file and file.filename}

    def validate_support_address(self, field: Field) -> None:
        """Refuse what is no address."""
        try:
            checked_address(field.data or "")
        except Invalid as refusal:
            raise ValidationError(refusal.message) from None

    @property
    def moves_support(self) -> bool:
        """Whether the support address was changed since the form began."""
        return self.support_address.data != self.support_begun.data

    @property
    def number(self) -> int:
        """The version that was edited; one that is none is never the one that holds."""
        return sent_number(self.version.data)


def sent_number(text: str | None) -> int:
    """The number of a version as it was sent; -1 for what is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else -1


def sent_single(sent: Any) -> dict[str, str]:
    """The single colours that were sent, by mode and token."""
    names = [f"{mode}.{token}" for mode in MODES for token in OVERRIDABLE]
    return {name: text for name in names if (text := sent.get(_SINGLE + name, "").strip()[:40])}


class CssForm(BaseForm):
    """The organisation's own CSS."""

    version = HiddenField()
    custom_css = TextAreaField("Your CSS", filters=[lambda text: normalised(text or "")])
