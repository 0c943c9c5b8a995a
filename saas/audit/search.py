"""Searching a log: any filters together with free text, newest first, in one statement however large the log is.

Everything an entry is found by stands in one index, behind the entry's bucket of time (``saas.core.audit.WORDS``). A search
asks for its words in groups of buckets, the newest group first, and the database stops at the group that fills the page.
So a word that everybody uses costs one bucket, and one that nobody uses costs a look-up in each.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from ipaddress import ip_address
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, ColumnElement, Select, Text, bindparam, cast, func, literal_column, select, true
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import aliased

from saas.core.audit import WORDS, AuditEntry
from saas.core.database import db
from saas.core.ids import id_at
from saas.core.module import AuditEvent
from saas.core.runtime import runtime
from saas.tenancy.names import is_uuid

PER_PAGE = 50
MOST_TERMS, MOST_EVENTS, SHORTEST_BEGINNING = 8, 24, 3
BUCKETS_PER_GROUP = 4
_BUCKET_SHIFT = 128 - 22
_SPLIT = select(func.regexp_split_to_array(func.lower(bindparam("text")), r"[^[:alnum:]]+"))
_GROUPS = func.unnest(cast(bindparam("groups"), ARRAY(Text))).table_valued("query", name="asked").render_derived()
_FOUND = literal_column(WORDS).op("@@")(cast(_GROUPS.c.query, TSQUERY))

Alternatives = Sequence[tuple[str, bool]]
"""What a term may be found as: words of the index without their bucket, and whether they are only a beginning."""


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched for, as addresses carry it; an empty text asks for nothing.

    ``who`` is the id of an actor, or words of a name or address; ``event`` an event, or a module with a dot behind it;
    ``since`` and ``until`` are days in the organisation's time zone, both included.
    """

    q: str = ""
    who: str = ""
    kind: str = ""
    event: str = ""
    target: str = ""
    address: str = ""
    impersonated: str = ""
    since: str = ""
    until: str = ""

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> "Search":
        """From what an address or a kept search holds; what is not understood is left out."""
        texts = {field.name: str(values.get(field.name, "")).replace("\0", "").strip()[:200] for field in fields(cls)}
        for name in ("since", "until"):
            day = _day(texts[name])
            texts[name] = day.isoformat() if day else ""
        return cls(**texts)

    @property
    def values(self) -> dict[str, str]:
        """What is asked for, by name."""
        return {field.name: text for field in fields(self) if (text := getattr(self, field.name))}

    def bounds(self, zone: str) -> tuple[datetime | None, datetime | None]:
        """The first moment wanted and the first one no longer wanted."""
        here, since, until = ZoneInfo(zone), _day(self.since), _day(self.until)
        return (
            datetime.combine(since, datetime.min.time(), here).astimezone(UTC) if since else None,
            datetime.combine(until + timedelta(days=1), datetime.min.time(), here).astimezone(UTC) if until else None,
        )

    def terms(self) -> list[Alternatives]:
        """What an entry must be found by, all of it."""
        exact = {"&": self.kind, "!": self.event, "=": self.target.partition(":")[2], "~": self.address}
        terms: list[Alternatives] = [
            [(f"{mark}{text}", mark == "!" and text.endswith("."))] for mark, text in exact.items() if text
        ]
        if self.impersonated:
            terms.append([("^", False)])
        if is_uuid(self.who):
            terms.append([(f"@{self.who.lower()}", False)])
        elif self.who:
            terms += [[(f"@{word}", _is_beginning(word))] for word in _words_of(self.who)]
        return [*terms, *_free_terms(self.q)]


def _day(text: str) -> date | None:
    """The day that a text is, within the years that ids and time zones know."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1970 < day.year < 9999 else None


def _free_terms(text: str) -> Iterator[Alternatives]:
    """Every word must be there, its end may be missing; a word of an event's sentence finds the event as well, and one that
    most sentences hold, such as “the”, is not asked for."""
    pieces = text.split()
    for piece in pieces:
        if address := _address(piece):
            yield [(f"~{address}", False)]
        elif is_uuid(piece):
            yield [(f"@{piece.lower()}", False), (f"={piece.lower()}", False)]
    plain = " ".join(piece for piece in pieces if not _address(piece) and not is_uuid(piece))
    for word in _words_of(plain) if plain else ():
        events = [event.name for event in runtime().registry.events.values() if word in _sentence_words(event)]
        if len(events) <= MOST_EVENTS:
            yield [(word, _is_beginning(word)), *((f"!{name}", False) for name in events)]


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        return ""


def _sentence_words(event: AuditEvent) -> set[str]:
    return set(event.sentence.replace("{target}", " ").lower().split())


def _is_beginning(word: str) -> bool:
    return len(word) >= SHORTEST_BEGINNING


def _words_of(text: str) -> list[str]:
    """The words of a text, parted by the database just as those of entries are."""
    words = db.session.scalar(_SPLIT, {"text": text}) or []
    return [word for word in dict.fromkeys(words) if word][:MOST_TERMS]


def find(
    search: Search,
    *,
    zone: str = "UTC",
    before: UUID | None = None,
    after: UUID | None = None,
    limit: int = PER_PAGE,
) -> Sequence[AuditEntry]:
    """Entries of the log in scope, newest first: those before an entry, or with ``after`` the nearest ones after it."""
    oldest, newest = db.session.execute(_ENDS).one()
    if oldest is None:
        return []
    since, until = search.bounds(zone)
    bounds = [AuditEntry.at >= since] if since else []
    bounds += [AuditEntry.at < until] if until else []
    bounds += [AuditEntry.id < before] if before else []
    bounds += [AuditEntry.id > after] if after else []
    least, most = _span(oldest, newest, since, until, before, after)
    bounds += [AuditEntry.id >= least, AuditEntry.id <= most]
    if kind := search.target.partition(":")[0]:
        bounds.append(AuditEntry.target_kind == kind)
    terms = search.terms()
    forward = after is not None
    query = (
        _in_groups(bounds, forward, limit)
        if terms
        else select(AuditEntry).where(*bounds).order_by(_order(AuditEntry, forward))
    )
    groups = list(_groups(terms, least, most, forward)) if terms else []
    rows = db.session.scalars(query.limit(limit), {"groups": groups} if terms else {}).all()
    return sorted(rows, key=lambda entry: entry.id, reverse=True)


_ENDS = select(
    select(AuditEntry.id).order_by(AuditEntry.id).limit(1).scalar_subquery(),
    select(AuditEntry.id).order_by(AuditEntry.id.desc()).limit(1).scalar_subquery(),
)
_CLOCKS = timedelta(minutes=10)


def _span(
    oldest: UUID,
    newest: UUID,
    since: datetime | None,
    until: datetime | None,
    before: UUID | None,
    after: UUID | None,
) -> tuple[UUID, UUID]:
    """The ids between which entries can be; an entry's id is made when its time is noted, or close to it."""
    least = max(oldest, after or oldest, id_at(since - _CLOCKS) if since else oldest)
    most = min(newest, before or newest, id_at(until + _CLOCKS) if until else newest)
    return least, most


def _order(entity: Any, forward: bool) -> ColumnElement[Any]:
    order: ColumnElement[Any] = entity.id.asc() if forward else entity.id.desc()
    return order


def _in_groups(bounds: Sequence[ColumnElement[bool]], forward: bool, limit: int) -> Select[AuditEntry]:
    """The groups in their order, each asked only while the page is not full. ``offset(0)`` keeps the database from walking
    all entries by id instead of asking the index."""
    found = aliased(AuditEntry, select(AuditEntry).where(_FOUND, *bounds).offset(0).correlate(_GROUPS).subquery())
    page = select(found).order_by(_order(found, forward)).limit(limit).correlate(_GROUPS).lateral()
    entry = aliased(AuditEntry, page)
    return select(entry).select_from(_GROUPS.join(page, true()))


def _groups(terms: Sequence[Alternatives], least: UUID, most: UUID, forward: bool) -> Iterator[str]:
    """A query of the index for each group of buckets: one bucket first, then more at a time."""
    buckets = range(least.int >> _BUCKET_SHIFT, (most.int >> _BUCKET_SHIFT) + 1)
    ordered = buckets if forward else buckets[::-1]
    start, size = 0, 1
    while start < len(ordered):
        group = ordered[start : start + size]
        yield " | ".join(_query(terms, f"{bucket << 2:06x}") for bucket in group)
        start, size = start + size, min(size * 2, BUCKETS_PER_GROUP)


def _query(terms: Sequence[Alternatives], bucket: str) -> str:
    return "(" + " & ".join(_any_of(alternatives, bucket) for alternatives in terms) + ")"


def _any_of(alternatives: Iterable[tuple[str, bool]], bucket: str) -> str:
    quoted = ((word.replace("\\", "\\\\").replace("'", "''"), beginning) for word, beginning in alternatives)
    return "(" + " | ".join(f"'{bucket}{word}'{':*' if beginning else ''}" for word, beginning in quoted) + ")"
