"""Sealing: entries are added to the chain some moments after they were written, so that nobody waits for anybody.

Entries get their ids before they are visible to others: one with an older id may still appear when newer ones are sealed
already. So each sealing looks for all that are unsealed behind the watermark ``settled_id``, and the watermark moves only
to where nothing can appear any more:

1. An id is made inside the transaction that writes its entry, by a clock that is at most CLOCKS behind the database's.
2. So a transaction that begins after a moment makes ids that are not older than the moment less CLOCKS.
3. At that moment the transactions that are open are noted. When all of them have ended, every transaction that could
   write an older id has ended, and what it wrote is visible to the statement that looks for unsealed entries next.

Whatever is unsealed at or behind the watermark was therefore not written by us; it is never sealed, and a check tells.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from saas.audit.canonical import COMMITMENT, digest
from saas.audit.keeping import Log, keeping
from saas.audit.kept import keep_head
from saas.audit.offline import genesis, head_text, sha256
from saas.audit.signing import is_current, sign
from saas.core.clock import now
from saas.core.ids import id_at

CLOCKS = timedelta(hours=1)
"""How far the clock of a process may be behind the database's."""
BATCH = 10_000
_OLDEST = UUID(int=0)

_OPEN = (
    "SELECT coalesce(array_agg(DISTINCT virtualtransaction), '{}') FROM pg_locks"
    " WHERE locktype IN ('virtualxid', 'transactionid') AND mode = 'ExclusiveLock' AND granted"
    " AND pid IS DISTINCT FROM pg_backend_pid() AND (pid IS NULL OR EXISTS (SELECT FROM pg_stat_activity a"
    " WHERE a.pid = pg_locks.pid AND a.datname = current_database()))"
)
"""Those of other databases of the server cannot write here; prepared ones, which have no process, may be of this one."""
_NEW_HEAD = (
    "INSERT INTO platform.audit_heads"
    " (tenant_id, position, hash, signature, sealed_at, waits_for, inserted, verified_to, fault)"
    " VALUES (%s, 0, %s, %s, now(), '{}', -1, 0, '') ON CONFLICT DO NOTHING"
)
_HEAD = (
    "SELECT position, hash, signature, settled_id, settling_id, waits_for FROM platform.audit_heads"
    " WHERE tenant_id = %s FOR UPDATE SKIP LOCKED"
)
_NOTE = "UPDATE platform.audit_heads SET inserted = %s WHERE tenant_id = %s"
_UNSEALED = sql.SQL("""
    SELECT count(*), array_agg(e.id ORDER BY e.id)::text, string_agg({digest}, '' ORDER BY e.id),
        (array_agg(e.id ORDER BY e.id))[count(*)]
    FROM (
        SELECT row_number() OVER (ORDER BY x.id) AS place, x.* FROM (
            SELECT * FROM {entries} u WHERE u.id > %(behind)s
            AND NOT EXISTS (SELECT FROM {seals} s WHERE s.entry_id = u.id) ORDER BY u.id LIMIT %(most)s
        ) x
    ) e
""")
_ADD = sql.SQL("""
    INSERT INTO {seals} (position, entry_id, hash)
    SELECT %(base)s + n, id, substr(%(hashes)s::bytea, 1 + 32 * (n::int - 1), 32)
    FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS sealed (id, n)
""")


class _Head:
    """The head of a chain as it stands in the database, locked until the transaction ends."""

    def __init__(self, log: Log, row: tuple[int, bytes, bytes, UUID | None, UUID | None, list[str]]) -> None:
        self.log = log
        self.position, self.hash, self.signature, self.settled, self.settling, self.waits_for = row
        self.before = self._state()

    def _state(self) -> tuple[object, ...]:
        return self.position, self.settled, self.settling, self.waits_for, self.signature

    def settle(self, view: "_View") -> None:
        """Move the watermark if what it waits for was over at the view, and note what the next move waits for."""
        if self.settling != view.settling:
            return
        if self.settling is not None and not set(self.waits_for) & set(view.still_open):
            self.settled, self.settling = self.settling, None
        if self.settling is None:
            self.settling, self.waits_for = id_at((view.moment or now()) - CLOCKS), view.still_open

    def add(self, digests: bytes) -> bytes:
        """Go on with the chain by some digests of 32 bytes each; returns the new seals."""
        seals, last = bytearray(), bytes(self.hash)
        for start in range(0, len(digests), 32):
            last = sha256(last, digests[start : start + 32])
            seals += last
        self.position, self.hash = self.position + len(digests) // 32, last
        return bytes(seals)

    def store(self, connection: psycopg.Connection) -> None:
        """Write the head, signed, if anything of it changed."""
        if self.before[0] != self.position or not is_current(self.signature):
            self.signature = sign(head_text(self.log.tenant_id, self.position, self.hash.hex()))
        if self._state() != self.before:
            connection.execute(
                "UPDATE platform.audit_heads SET position = %s, hash = %s, signature = %s, settled_id = %s,"
                " settling_id = %s, waits_for = %s, sealed_at = CASE WHEN position = %s THEN sealed_at ELSE now() END"
                " WHERE tenant_id = %s",
                [
                    *(self.position, self.hash, self.signature, self.settled, self.settling, self.waits_for),
                    *(self.position, self.log.tenant_id),
                ],
            )


def seal(
    connection: psycopg.Connection,
    log: Log,
    *,
    batch: int = BATCH,
    inserted: int | None = None,
    after_each: Callable[[int], None] = lambda sealed: None,
) -> int:
    """Seal what a log holds unsealed, ``batch`` entries in a transaction; returns how many were sealed.

    May be killed at any point and run any number of times; while somebody else seals the same log it does nothing.
    ``inserted`` is the database's count of insertions before, noted when nothing of them is left unsealed.
    The new head is kept outside the database too, once it is safe on the database's disk.
    """
    sealed, full, view, head = 0, True, _View(), None
    while full:
        with keeping(connection, "sealer"):
            connection.execute("SET LOCAL synchronous_commit TO on")
            head = _locked(connection, log)
            count = _seal_some(connection, head, view, batch) if head else 0
            if head and count < batch and inserted is not None:
                connection.execute(_NOTE, [inserted, log.tenant_id])
        sealed, full = sealed + count, count == batch
        after_each(sealed)
    if head is not None:
        keep_head(connection, log)
    return sealed


@dataclass(slots=True)
class _View:
    """What one run knows: the transactions that were open before it looked for entries, what the watermark waited for
    then, and behind which entry it goes on."""

    still_open: list[str] = field(default_factory=list)
    moment: datetime | None = None
    settling: UUID | None = None
    behind: UUID = _OLDEST

    def take(self, connection: psycopg.Connection, head: _Head) -> None:
        """See which transactions are open; once, before the first look for entries."""
        if self.moment is None:
            self.settling, self.behind = head.settling, head.settled or _OLDEST
            self.moment = _one(connection, "SELECT clock_timestamp()")
            self.still_open = _one(connection, _OPEN)


def _locked(connection: psycopg.Connection, log: Log) -> _Head | None:
    first = genesis(log.tenant_id)
    row = connection.execute(_HEAD, [log.tenant_id]).fetchone()
    if row is None:
        signature = sign(head_text(log.tenant_id, 0, first.hex()))
        connection.execute(_NEW_HEAD, [log.tenant_id, first, signature])
        row = connection.execute(_HEAD, [log.tenant_id]).fetchone()
    return _Head(log, row) if row else None


def _seal_some(connection: psycopg.Connection, head: _Head, view: _View, most: int) -> int:
    view.take(connection, head)
    query = _UNSEALED.format(
        **head.log.tables,
        digest=digest(sql.SQL("%(base)s + e.place"), COMMITMENT, about=head.log.is_operators),
    )
    row = connection.execute(query, {"behind": view.behind, "most": most, "base": head.position}).fetchone()
    count, ids, digests, last = row or (0, None, None, None)
    if count:
        values = {"base": head.position, "ids": ids, "hashes": head.add(digests)}
        connection.execute(_ADD.format(**head.log.tables), values)
        view.behind = last
    if count < most:
        head.settle(view)
    head.store(connection)
    return int(count)


def _one(connection: psycopg.Connection, query: str) -> Any:
    row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None
