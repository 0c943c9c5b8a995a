"""The folder of kept mail: its messages newest first, read one at a time, whatever lies there."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import lru_cache
from pathlib import Path

from saas.core.errors import NotFound

ID = re.compile(r"^[0-9a-f-]{36}$")
REMEMBERED = 5_000


@dataclass(frozen=True, slots=True)
class Summary:
    """A line of the list; texts are empty where the file holds nothing readable."""

    id: str
    to: str
    subject: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """One message; ``html`` and ``text`` are empty when there is no such part or it cannot be read."""

    summary: Summary
    sender: str
    html: str
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of ``<id>.eml`` files; ids sort by time, and files with other names are none of ours."""

    path: Path

    def ids(self) -> list[str]:
        """The ids of all messages, newest first."""
        try:
            names = [file.stem for file in self.path.iterdir() if file.suffix == ".eml"]
        except FileNotFoundError:
            return []
        return sorted((name for name in names if ID.match(name)), reverse=True)

    def search(self, text: str, ids: Sequence[str]) -> list[str]:
        """Those of the ids whose address or subject holds a text, in the same order; all for an empty text."""
        wanted = text.casefold()
        if not wanted:
            return list(ids)
        return [found.id for found in self.summaries(ids) if wanted in f"{found.to}\n{found.subject}".casefold()]

    def summaries(self, ids: Sequence[str]) -> list[Summary]:
        """The lines of some messages; those that were cleared meanwhile are left out."""
        found = []
        for id in ids:
            try:
                found.append(_summary(self._file(id), self._file(id).stat().st_mtime_ns))
            except OSError:
                continue
        return found

    def read(self, id: str) -> Message:
        """One message; raises NotFound."""
        try:
            file = self._file(id)
            summary, content = _summary(file, file.stat().st_mtime_ns), file.read_bytes()
        except OSError:
            raise NotFound from None
        message = _parsed(content)
        return Message(
            summary=summary,
            sender=_header(message, "From"),
            html=_body(message, "html"),
            text=_body(message, "plain"),
            source=content.decode("utf-8", "replace"),
        )

    def clear(self) -> int:
        """Delete all messages; returns how many there were."""
        ids = self.ids()
        for id in ids:
            self._file(id).unlink(missing_ok=True)
        return len(ids)

    def _file(self, id: str) -> Path:
        if not ID.match(id):
            raise NotFound
        return self.path / f"{id}.eml"


@lru_cache(maxsize=REMEMBERED)
def _summary(file: Path, changed: int) -> Summary:
    """What the list shows of a file that was last changed at so many nanoseconds since 1970."""
    message = _parsed(file.read_bytes())
    return Summary(file.stem, _header(message, "To"), _header(message, "Subject"), _sent_at(message, changed))


def _parsed(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def _sent_at(message: EmailMessage, changed: int) -> datetime:
    try:
        sent: datetime = message["Date"].datetime
        return sent if sent.tzinfo else sent.replace(tzinfo=UTC)
    except Exception:  # the library raises many kinds for what is no date
        return datetime.fromtimestamp(changed / 1e9, UTC)


def _header(message: EmailMessage, name: str) -> str:
    try:
        return _showable(" ".join(str(message[name] or "").split()))
    except Exception:  # the library raises many kinds for malformed headers
        return ""


def _body(message: EmailMessage, kind: str) -> str:
    try:
        part = message.get_body((kind,))
        return _showable(str(part.get_content())) if part else ""
    except Exception:  # unknown character sets, broken encodings, parts that are no text
        return ""


def _showable(text: str) -> str:
    """Without the lone surrogates by which the library carries bytes that are no text."""
    return text.encode("utf-8", "replace").decode()
