"""What can be made, what must be said for it, and what that uses. Pure: neither database nor request.

A gigabyte has 1 000 000 000 bytes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from saas.core.errors import Invalid
from saas.tenancy.names import clean_name, has_control_characters

PROMPT_LENGTH = 500
TEXT_LENGTH = 15_000
TITLE_LENGTH = 100
MOST_IMAGES = 10
MOST_MINUTES = 120
CHARACTERS_A_SECOND = 15
_CUT = 80

Settings = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Size:
    """What an image measures, in pixels."""

    label: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Resolution:
    """How sharp a film is, what a minute of it takes up, and the feature of the plan that it needs (none if empty)."""

    label: str
    sentence: str
    gigabytes: Decimal
    feature: str = ""


SIZES: Mapping[str, Size] = {
    "square": Size("Square, 1024 × 1024", 1024, 1024),
    "wide": Size("Wide, 1536 × 864", 1536, 864),
    "tall": Size("Tall, 864 × 1536", 864, 1536),
}
VOICES: Mapping[str, str] = {
    "alto": "Alto, calm",
    "soprano": "Soprano, bright",
    "tenor": "Tenor, lively",
    "bass": "Bass, deep",
}
RESOLUTIONS: Mapping[str, Resolution] = {
    "720p": Resolution("720p", "Small files, good for mail and messages.", Decimal("0.03")),
    "1080p": Resolution("1080p", "Sharp on every screen at work and at home.", Decimal("0.06")),
    "4k": Resolution("4K", "For large screens and stages.", Decimal("0.25"), feature="rendering_4k"),
}
_BYTES_A_PIXEL = 2
_SPEECH_SECOND = Decimal("0.000016")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of work. ``meter`` is what it counts towards; ``check`` gives its settings clean or raises Invalid."""

    label: str
    many: str
    icon: str
    meter: str
    check: Callable[[Mapping[str, object]], Settings]
    amount: Callable[[Settings], int]
    steps: Callable[[Settings], int]
    gigabytes: Callable[[Settings], Decimal]
    title: Callable[[Settings], str]
    feature: Callable[[Settings], str] = lambda _settings: ""


def _words(given: Mapping[str, object], name: str) -> str:
    """A text as it was given; empty when it was not."""
    words = given.get(name)
    if words is not None and not isinstance(words, str):
        raise Invalid("Give a text.", field=name)
    return words or ""


def _text(given: Mapping[str, object], name: str, longest: int) -> str:
    text = _words(given, name).replace("\r\n", "\n").strip()
    if not text:
        raise Invalid("This is needed.", field=name)
    if len(text) > longest:
        raise Invalid(f"Use at most {longest:,} characters.", field=name)
    if has_control_characters(text, lines=True):
        raise Invalid("This holds characters that cannot be shown.", field=name)
    return text


def _choice(given: Mapping[str, object], name: str, choices: Mapping[str, object]) -> str:
    chosen = given.get(name)
    if not isinstance(chosen, str) or chosen not in choices:
        raise Invalid(f"Please choose one of these: {', '.join(choices)}.", field=name)
    return chosen


def _whole(given: Mapping[str, object], name: str, most: int) -> int:
    number = given.get(name)
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= most:
        raise Invalid(f"Give a whole number from 1 to {most}.", field=name)
    return number


def _image(given: Mapping[str, object]) -> Settings:
    return {
        "prompt": _text(given, "prompt", PROMPT_LENGTH),
        "size": _choice(given, "size", SIZES),
        "number": _whole(given, "number", MOST_IMAGES),
    }


def _speech(given: Mapping[str, object]) -> Settings:
    return {"text": _text(given, "text", TEXT_LENGTH), "voice": _choice(given, "voice", VOICES)}


def _film(given: Mapping[str, object]) -> Settings:
    return {
        "title": clean_name(_words(given, "title"), field="title", longest=TITLE_LENGTH),
        "minutes": _whole(given, "minutes", MOST_MINUTES),
        "resolution": _choice(given, "resolution", RESOLUTIONS),
    }


def _image_size(settings: Settings) -> Decimal:
    size = SIZES[str(settings["size"])]
    return Decimal(size.width * size.height * _BYTES_A_PIXEL * int(settings["number"])) / 10**9


def seconds_of(text: str) -> int:
    """How long a text takes to say: 15 characters a second, begun seconds count whole."""
    return -(-len(text) // CHARACTERS_A_SECOND)


def _cut(words: object) -> str:
    line = " ".join(str(words).split())
    return line if len(line) <= _CUT else f"{line[: _CUT - 1].rstrip()}…"


KINDS: Mapping[str, Kind] = {
    "image": Kind(
        "Image",
        "Images",
        "photo",
        "images",
        check=_image,
        amount=lambda settings: int(settings["number"]),
        steps=lambda settings: int(settings["number"]),
        gigabytes=_image_size,
        title=lambda settings: _cut(settings["prompt"]),
    ),
    "speech": Kind(
        "Speech",
        "Speech",
        "microphone",
        "tts_seconds",
        check=_speech,
        amount=lambda settings: seconds_of(str(settings["text"])),
        steps=lambda settings: min(4, 1 + seconds_of(str(settings["text"])) // 60),
        gigabytes=lambda settings: seconds_of(str(settings["text"])) * _SPEECH_SECOND,
        title=lambda settings: _cut(settings["text"]),
    ),
    "film": Kind(
        "Film",
        "Films",
        "movie",
        "render_minutes",
        check=_film,
        amount=lambda settings: int(settings["minutes"]),
        steps=lambda settings: min(12, 3 + int(settings["minutes"])),
        gigabytes=lambda settings: int(settings["minutes"]) * RESOLUTIONS[str(settings["resolution"])].gigabytes,
        title=lambda settings: str(settings["title"]),
        feature=lambda settings: RESOLUTIONS[str(settings["resolution"])].feature,
    ),
}
