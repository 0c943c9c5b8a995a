"""The form of a stream."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Self
from zoneinfo import ZoneInfo

from flask import request
from wtforms import BooleanField, DateTimeLocalField, HiddenField, SelectField, SelectMultipleField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional

from saas.modules.streams.encoder import CHANNELS, QUALITIES
from saas.modules.streams.models import DESCRIPTION_LENGTH, TITLE_LENGTH, Stream
from saas.modules.streams.operations import Draft
from saas.web.forms import BaseForm, Choice, Line, readable

_TITLE = (DataRequired("This is needed."), Length(max=TITLE_LENGTH, message=f"Use at most {TITLE_LENGTH} characters."))
_MINUTES = "%Y-%m-%dT%H:%M"


def _tidy(text: str | None) -> str | None:
    return text.replace("\r\n", "\n").strip() if text else text


class WordsForm(BaseForm):
    """What is said of a stream, which can be changed for ever; ``version`` is that of the one being edited."""

    version = HiddenField("Version")
    title = Line("Title", _TITLE, render_kw={"maxlength": TITLE_LENGTH})
    description = TextAreaField(
        "Description",
        [readable, Length(max=DESCRIPTION_LENGTH, message=f"Use at most {DESCRIPTION_LENGTH} characters.")],
        filters=[_tidy],
        render_kw={"maxlength": DESCRIPTION_LENGTH},
    )

    @classmethod
    def of(cls, stream: Stream, _zone: str) -> Self:
        """The form as it was sent, else as the stream stands."""
        version = "" if request.method == "POST" else stream.version
        return cls.of_request(version=version, title=stream.title, description=stream.description)

    def overtaken(self, message: str, stream: Stream) -> None:
        """Say that the stream was changed meanwhile; sent once more, what was typed takes the place of that change."""
        self.form_errors.append(message)
        self.version.data = stream.version

    def draft_of(self, stream: Stream, _zone: str) -> Draft:
        """The stream as the operations take it."""
        return replace(Draft.of(stream), title=self.title.data or "", description=self.description.data or "")


class StreamForm(WordsForm):
    """A stream that is planned. Moments are typed as clocks of the organisation show them."""

    channels = SelectMultipleField(
        "Channels",
        [DataRequired("Choose one at least.")],
        choices=[Choice(name, channel.label) for name, channel in CHANNELS.items()],
    )
    quality = SelectField("Quality", choices=[Choice(name, quality.label) for name, quality in QUALITIES.items()])
    planned_at = DateTimeLocalField("Planned start", [Optional()], format=[_MINUTES, f"{_MINUTES}:%S"])
    keep_recording = BooleanField("Keep a recording")

    @classmethod
    def of(cls, stream: Stream, zone: str) -> Self:
        """The form as it was sent, else as the stream stands."""
        return cls.of_request(
            version="" if request.method == "POST" else stream.version,
            title=stream.title,
            description=stream.description,
            channels=stream.channels,
            quality=stream.quality,
            planned_at=stream.planned_at.astimezone(ZoneInfo(zone)) if stream.planned_at else None,
            keep_recording=stream.keep_recording,
        )

    @classmethod
    def empty(cls) -> Self:
        """The form as it was sent, else as most fill it in."""
        return cls.of_request(channels=["page"], quality="720p", keep_recording=True)

    def draft(self, zone: str) -> Draft:
        """The stream as the operations take it."""
        return Draft(
            self.title.data or "",
            self.description.data or "",
            self.channels.data or (),
            self.quality.data or "",
            _moment(self.planned_at.data, zone),
            bool(self.keep_recording.data),
        )

    def draft_of(self, _stream: Stream, zone: str) -> Draft:
        """The stream as the operations take it."""
        return self.draft(zone)


def _moment(typed: datetime | None, zone: str) -> datetime | None:
    return typed.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) if typed else None
