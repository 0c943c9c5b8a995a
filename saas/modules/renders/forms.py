"""What is filled in to order an image, speech or a film. The rules stand with the kinds; forms check shapes."""

from typing import Any, ClassVar, Self

from wtforms import HiddenField, IntegerField, RadioField, SelectField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

from saas.core.ids import new_id
from saas.modules.renders.kinds import (
    MOST_IMAGES,
    MOST_MINUTES,
    PROMPT_LENGTH,
    RESOLUTIONS,
    SIZES,
    TEXT_LENGTH,
    TITLE_LENGTH,
    VOICES,
    seconds_of,
)
from saas.web.forms import BaseForm, Choice, Line, Number, readable

_NEEDED = "This is needed."


def _tidy(text: str | None) -> str | None:
    return text.replace("\r\n", "\n").strip() if text else text


def _words(label: str, longest: int) -> TextAreaField:
    most = Length(max=longest, message=f"Use at most {longest:,} characters.")
    return TextAreaField(
        label, [DataRequired(_NEEDED), readable, most], filters=[_tidy], render_kw={"maxlength": longest}
    )


def _whole(label: str, most: int) -> IntegerField:
    range = NumberRange(1, most, f"Give a whole number from 1 to {most}.")
    return IntegerField(
        label, [InputRequired(_NEEDED), range], render_kw={"min": 1, "max": most, "inputmode": "numeric"}
    )


class OrderForm(BaseForm):
    """What the three have in common: the kind, the id that the order will have, and how much it would use as it stands."""

    kind = HiddenField("Kind")
    order = Number("Order")
    name: ClassVar[str]
    usual: ClassVar[dict[str, Any]]
    hidden: ClassVar[tuple[str, ...]] = ("kind", "order")

    @classmethod
    def empty(cls) -> Self:
        """The form as it was sent, else as most fill it in."""
        return cls.of_request(**cls.usual, order=str(new_id()))

    def __iter__(self) -> Any:
        """Every field that can be filled in."""
        return (field for field in super().__iter__() if field.name not in self.hidden)

    @property
    def settings(self) -> dict[str, Any]:
        """The settings as the operations take them."""
        return {name: value for name, value in self.data.items() if name not in self.hidden}

    @property
    def amount(self) -> int:
        """How much of its meter the order uses as it is filled in; 0 where that cannot be said yet."""
        return 0


def _at_most(value: object, most: int) -> int:
    return value if isinstance(value, int) and 0 < value <= most else 0


class ImageForm(OrderForm):
    """Images of one prompt."""

    name = "image"
    usual = {"kind": "image", "size": "square", "number": 1}
    prompt = _words("Prompt", PROMPT_LENGTH)
    size = RadioField("Shape", choices=[Choice(name, size.label) for name, size in SIZES.items()])
    number = _whole("How many", MOST_IMAGES)

    @property
    def amount(self) -> int:
        """Images."""
        return _at_most(self.number.data, MOST_IMAGES)


class SpeechForm(OrderForm):
    """A text read aloud."""

    name = "speech"
    usual = {"kind": "speech", "voice": "alto"}
    text = _words("Text", TEXT_LENGTH)
    voice = SelectField("Voice", choices=[Choice(name, label) for name, label in VOICES.items()])

    @property
    def amount(self) -> int:
        """Seconds."""
        return seconds_of((self.text.data or "")[:TEXT_LENGTH])


class FilmForm(OrderForm):
    """A film."""

    name = "film"
    usual = {"kind": "film", "minutes": 2, "resolution": "1080p"}
    title = Line(
        "Title",
        [DataRequired(_NEEDED), Length(max=TITLE_LENGTH, message=f"Use at most {TITLE_LENGTH} characters.")],
        render_kw={"maxlength": TITLE_LENGTH},
    )
    minutes = _whole("Length in minutes", MOST_MINUTES)
    resolution = RadioField("Resolution", choices=[Choice(name, one.label) for name, one in RESOLUTIONS.items()])

    @property
    def amount(self) -> int:
        """Minutes."""
        return _at_most(self.minutes.data, MOST_MINUTES)


FORMS: dict[str, type[OrderForm]] = {form.name: form for form in (ImageForm, SpeechForm, FilmForm)}
