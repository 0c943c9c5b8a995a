"""Checking a log against its chain, its chain against the platform's head, and that nothing was blanked in silence."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from queue import SimpleQueue
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg import sql

from saas.audit.canonical import COMMITMENT, IS_BLANK, digest
from saas.audit.chains import UNSEALED, Head, get_head, get_start, waiting_since
from saas.audit.keeping import Log, keeping
from saas.audit.kept import Kept, get_kept, kept_fault
from saas.audit.module import REDACTED
from saas.audit.offline import checkpoint_text, head_text, microseconds
from saas.audit.signing import signature_fault
from saas.tenancy.provisioning import owner_connection

BATCH = 20_000

_DIGEST = sql.SQL("coalesce(s.personal, {})").format(COMMITMENT)
_FROM = "FROM {seals} s LEFT JOIN {entries} e ON e.id = s.entry_id WHERE s.position > %s AND s.position <= %s"
_BATCH = sql.SQL(
    "SELECT count(*), count(e.id), string_agg(s.hash, '' ORDER BY s.position), string_agg({digest}, '' ORDER BY s.position),"
    " bool_and(s.personal IS NULL OR {blank}), array_agg(s.position) FILTER (WHERE s.personal IS NOT NULL),"
    " array_agg(e.facts -> 'positions') FILTER (WHERE e.event = {redacted}) " + _FROM
)
_ROWS = sql.SQL(
    "SELECT s.position, s.entry_id, s.hash, {digest}, e.id IS NOT NULL, s.personal IS NULL OR {blank} "
    + _FROM
    + " ORDER BY s.position"
)
_EVERY = sql.SQL("SELECT u.facts -> 'positions' FROM {entries} u WHERE u.event = {redacted}")
_LATER = sql.SQL(
    "SELECT u.facts -> 'positions' FROM {entries} u WHERE u.event = {redacted} AND u.id > %s"
    " AND NOT EXISTS (SELECT FROM {seals} s WHERE s.entry_id = u.id AND s.position <= %s)"
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong first: where in the chain (None: not at one position) and in which way.

    ``set_back`` when it is what a backup that was put back looks like as well.
    """

    position: int | None
    sentence: str
    set_back: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a check: the positions behind which the chain begins and at which it ends, its newest seal, the fault.

    ``waiting`` says since when entries wait for their seals, if that is too long. The chain holds all the same.
    """

    log: Log
    first: int
    last: int
    seal: bytes
    fault: Fault | None
    waiting: datetime | None = None

    @property
    def entries(self) -> int:
        """How many entries there are between the two."""
        return self.last - self.first


Progress = Callable[[int, int], None]


class Readers(NamedTuple):
    """Connections that may read a log, and the head that was kept outside the database before they began to."""

    connections: Sequence[psycopg.Connection]
    kept: Kept | None


@contextmanager
def readers(log: Log, number: int = 2) -> Iterator[Readers]:
    """So many connections of the owner's login that may read all logs, all of them as of the same moment."""
    kept, snapshot = get_kept(log), ""
    with ExitStack() as stack:
        connections = [stack.enter_context(owner_connection()) for _ in range(number)]
        for connection in connections:
            stack.enter_context(keeping(connection, "sealer", still=True, snapshot=snapshot))
            row = None if snapshot else connection.execute("SELECT pg_export_snapshot()").fetchone()
            snapshot = row[0] if row else snapshot
        yield Readers(connections, kept)


def verify(
    reading: Readers,
    log: Log,
    *,
    known: Mapping[int, bytes] | None = None,
    progress: Progress = lambda done, total: None,
) -> Verdict:
    """Check a log in transactions that may read it, several parts at a time where there are several.

    ``known`` holds seals by position, of mails that were kept. What is taken out by retention meanwhile is no fault: readers
    of one moment do not see it, and a page's transaction, which does, looks again.
    ``progress`` is told how many entries of how many are done.
    """
    while True:
        walk = _Walk(reading, log, progress)
        fault = walk.go(known or {})
        if fault is None or get_start(reading.connections[0], log).position == walk.start.position:
            waiting = waiting_since(reading.connections[0], log)
            return Verdict(log, walk.start.position, walk.last, walk.seal, fault, waiting)


def verify_range(connection: psycopg.Connection, log: Log, last: int) -> tuple[bytes, Fault | None]:
    """Check the chain from its beginning to a position, and that every redaction there is recorded; returns the seal there."""
    walk = _Walk(Readers([connection], None), log, lambda done, total: None)
    fault = walk.links(last) or walk.blanked_fault(_EVERY)
    return walk.seal, fault


def note_verdict(connection: psycopg.Connection, verdict: Verdict) -> None:
    """Keep what came of a check beside the head; how far the chain was found to hold is not taken back by a fault."""
    fault = verdict.fault.sentence if verdict.fault else ""
    with keeping(connection, "sealer"):
        connection.execute(
            "UPDATE platform.audit_heads SET verified_at = now(), fault = %(fault)s, checked = NULL,"
            " verified_to = CASE WHEN %(fault)s = '' THEN %(last)s ELSE verified_to END WHERE tenant_id = %(id)s",
            {"fault": fault, "last": verdict.last, "id": verdict.log.tenant_id},
        )


class _Part(NamedTuple):
    """A stretch of the chain: behind one position, up to another; whether it holds, and what was learnt on the way."""

    before: int
    last: int
    seal: bytes = b""
    holds: bool = False
    redacted: Sequence[int] = ()
    told: Sequence[Any] = ()


class _Walk:
    """One way along the chain."""

    def __init__(self, reading: Readers, log: Log, progress: Progress) -> None:
        self.connections, self.kept, self.log, self.progress = reading.connections, reading.kept, log, progress
        self.start, self.head = get_start(self.connections[0], log), get_head(self.connections[0], log)
        self.last, self.seal = self.start.position, bytes(self.start.seal)
        self.redacted: set[int] = set()
        self.told: set[int] = set()

    def go(self, known: Mapping[int, bytes]) -> Fault | None:
        """Check everything; the first fault."""
        if fault := self._start_fault():
            return fault
        if self.head is None:
            return self._headless() or self._known_fault(known)
        return (
            self.links(self.head.position)
            or self._head_fault(self.head)
            or self._kept_fault(self.head)
            or self._known_fault(known)
            or self.blanked_fault(_LATER, self.head.settled or UUID(int=0), self.head.position)
            or self._unsealed_fault(self.head)
        )

    def links(self, last: int) -> Fault | None:
        """Check every link up to a position, part by part; each begins with the seal that the one before ends with."""
        first = self.last
        parts = [_Part(start, min(start + BATCH, last)) for start in range(first, last, BATCH)]
        for part in self._examined(parts):
            if not part.holds:
                return self._find_fault(part.last)
            self.last, self.seal = part.last, part.seal
            self.redacted.update(part.redacted)
            self._hear(part.told)
            self.progress(self.last - first, last - first)
        return None

    def _examined(self, parts: Sequence[_Part]) -> Iterator[_Part]:
        if len(self.connections) == 1:
            yield from (self._examine(self.connections[0], part) for part in parts)
            return
        free: SimpleQueue[psycopg.Connection] = SimpleQueue()
        for connection in self.connections:
            free.put(connection)

        def examine(part: _Part) -> _Part:
            connection = free.get()
            try:
                return self._examine(connection, part)
            finally:
                free.put(connection)

        with ThreadPoolExecutor(len(self.connections)) as threads:
            try:
                yield from threads.map(examine, parts)
            finally:
                threads.shutdown(cancel_futures=True)

    def _examine(self, connection: psycopg.Connection, part: _Part) -> _Part:
        row = self._ask(connection, _BATCH, part.before, part.last).fetchone()
        count, present, seals, digests, blank, redacted, told = row
        seal = self._seal_at(connection, part.before)
        if not count == present == part.last - part.before or not blank or seal is None:
            return part
        computed = bytearray()
        for start in range(0, len(digests), 32):
            seal = hashlib.sha256(seal + digests[start : start + 32]).digest()
            computed += seal
        return part._replace(seal=seal, holds=computed == seals, redacted=redacted or (), told=told or ())

    def _seal_at(self, connection: psycopg.Connection, position: int) -> bytes | None:
        if position == self.start.position:
            return bytes(self.start.seal)
        row = self._ask(connection, sql.SQL("SELECT hash FROM {seals} WHERE position = %s"), position).fetchone()
        return bytes(row[0]) if row else None

    def _query(self, query: sql.SQL, *values: Any) -> Any:
        return self._ask(self.connections[0], query, *values)

    def _ask(self, connection: psycopg.Connection, query: sql.SQL, *values: Any) -> Any:
        parts = {"digest": digest(sql.SQL("s.position"), _DIGEST, about=self.log.is_operators), "blank": IS_BLANK}
        composed = query.format(**self.log.tables, **parts, redacted=sql.Literal(REDACTED.name))
        return connection.execute(composed, values)

    def _hear(self, told: Iterable[Any]) -> None:
        for spans in told:
            for first, last in spans or ():
                self.told.update(range(first, last + 1))

    def _find_fault(self, until: int) -> Fault:
        rows = self._query(_ROWS, self.last, until + 1).fetchall()
        for number, (position, entry_id, seal, content, present, blank) in enumerate(rows):
            if position != self.last + 1:
                return self._gap(position)
            if not present:
                return Fault(position, f"The entry at position {position} ({entry_id}) is missing.")
            if not blank:
                return Fault(position, f"The entry at position {position} counts as redacted, but holds personal data.")
            fitting = hashlib.sha256(self.seal + content).digest()
            if fitting != seal:
                following = rows[number + 1] if number + 1 < len(rows) else None
                return self._broken(position, bytes(seal), fitting, following)
            self.last, self.seal = position, seal
        return self._gap(None)

    def _gap(self, next_position: int | None) -> Fault:
        first, head = self.last + 1, self.head
        if next_position is None and head is not None:
            beyond = self._query(
                sql.SQL("SELECT min(position) FROM {seals} WHERE position > %s"), self.last
            ).fetchone()[0]
            if beyond is None:
                return Fault(
                    first,
                    f"The chain was cut short: it ends at position {self.last}, but the platform knows of"
                    f" {head.position} seals.",
                )
            next_position = beyond
        last = (next_position or first + 1) - 1
        span = f"position {first}" if first == last else f"positions {first} to {last}"
        return Fault(first, f"The seals of {span} are missing: entries were taken out of the chain.")

    def _broken(self, position: int, seal: bytes, fitting: bytes, following: tuple[Any, ...] | None) -> Fault:
        """What was changed: the one of the two seals, stored and fitting, on which others were built is the true one."""

        def is_true(one: bytes) -> bool:
            if following is not None and following[0] == position + 1:
                return bool(hashlib.sha256(one + following[3]).digest() == following[2])
            return self.head is not None and (self.head.position, self.head.seal) == (position, one)

        if is_true(seal):
            return Fault(position, f"The entry at position {position} was changed: it does not fit its seal.")
        if is_true(fitting):
            return Fault(position, f"The seal at position {position} was changed: it does not fit its entry.")
        return Fault(position, f"The entry at position {position} does not fit its seal: one of them was changed.")

    def _start_fault(self) -> Fault | None:
        start = self.start
        if start.at is None:
            return None
        at = str(microseconds(start.at.isoformat()))
        text = checkpoint_text(self.log.tenant_id, start.position, bytes(start.seal).hex(), start.removed, at)
        if why := signature_fault(text, start.signature):
            return Fault(start.position, f"The checkpoint at position {start.position} is not to be trusted: {why}.")
        return None

    def _headless(self) -> Fault | None:
        if self._query(sql.SQL("SELECT EXISTS (SELECT FROM {seals})")).fetchone()[0]:
            return Fault(None, "There are seals, but the platform does not know of this chain.")
        return self._kept_fault(None)

    def _head_fault(self, head: Head) -> Fault | None:
        if self.seal != head.seal:
            return Fault(
                self.last,
                f"The chain was written anew: its links fit, but its seal at position {self.last} is not the one that"
                " the platform keeps.",
            )
        if why := signature_fault(head_text(self.log.tenant_id, head.position, bytes(head.seal).hex()), head.signature):
            return Fault(head.position, f"The platform’s head at position {head.position} is not to be trusted: {why}.")
        newest = self._query(sql.SQL("SELECT coalesce(max(position), 0) FROM {seals}")).fetchone()[0]
        fresh = get_head(self.connections[0], self.log) or head
        if newest > fresh.position:
            return Fault(fresh.position + 1, f"There are seals behind position {fresh.position}, where the chain ends.")
        return None

    def _kept_fault(self, head: Head | None) -> Fault | None:
        if head is not None and head.position < head.verified_to:
            told = (
                f"its chain ends at position {head.position}, but was found to hold up to position {head.verified_to}"
            )
            return Fault(head.position, f"The database was set back: {told} before.", set_back=True)
        if told := kept_fault(self.connections[0], self.log, self.kept, head):
            return Fault(self.kept.position if self.kept else None, told, set_back=True)
        return None

    def _known_fault(self, known: Mapping[int, bytes]) -> Fault | None:
        for position, seal in sorted(known.items()):
            if position <= self.start.position:
                continue
            row = self._query(sql.SQL("SELECT hash FROM {seals} WHERE position = %s"), position).fetchone()
            if row is None or row[0] != seal:
                return Fault(
                    position,
                    f"The seal at position {position} is not the one that you know: the chain was written anew.",
                )
        return None

    def blanked_fault(self, records: sql.SQL, *values: Any) -> Fault | None:
        """What was blanked on the way and is told neither there nor by further records."""
        if self.redacted - self.told:
            self._hear(row[0] for row in self._query(records, *values))
        for position in sorted(self.redacted - self.told):
            return Fault(position, f"The entry at position {position} was blanked, and no redaction of it is recorded.")
        return None

    def _unsealed_fault(self, head: Head) -> Fault | None:
        if head.settled is not None:
            query = sql.SQL(f"SELECT u.id {UNSEALED} AND u.id <= %s ORDER BY u.id LIMIT 1")
            if row := self._query(query, head.settled).fetchone():
                return Fault(
                    None, f"The entry {row[0]} has no seal, though all of its time are sealed: it was put in later."
                )
        return None
