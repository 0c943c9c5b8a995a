"""Blanking personal data in entries: the chain still holds, since it was made of a commitment to them, which is kept.

Whoever blanks an entry also records which ones, in the same transaction. A check demands that record, so the records of
redactions, and those of what was taken out, are never blanked themselves.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import psycopg
from psycopg import sql

from saas.audit.canonical import COMMITMENT, digest
from saas.audit.chains import get_start
from saas.audit.keeping import Log, add_entry, keeping
from saas.audit.module import EXPIRED, REDACTED
from saas.core.actor import Actor

BATCH = 100
"""Entries that one record of a redaction names."""

_RECORDS = sql.SQL("({}, {})").format(REDACTED.name, EXPIRED.name)
_OF_PERSON = sql.SQL(
    "WITH person AS MATERIALIZED (SELECT DISTINCT actor_id FROM {entries} WHERE lower(actor_email) = ANY(%(texts)s))"
    " SELECT s.position FROM {entries} e JOIN {seals} s ON s.entry_id = e.id WHERE s.personal IS NULL"
    " AND e.event NOT IN {records} AND ("
    " e.actor_id IN (SELECT actor_id FROM person) OR e.target_id IN (SELECT actor_id::text FROM person)"
    " OR EXISTS (SELECT FROM unnest(%(texts)s::text[]) AS t WHERE strpos(lower(concat_ws(' ', e.actor_name, e.actor_email,"
    " e.impersonator, e.address, e.target_label, e.changes::text, e.facts::text)), t) > 0)) ORDER BY 1"
)
_OLDER = sql.SQL(
    "SELECT s.position FROM {entries} e JOIN {seals} s ON s.entry_id = e.id"
    " WHERE s.personal IS NULL AND e.event NOT IN {records} AND e.at < now() - %s * interval '1 day' ORDER BY 1"
)
_COMMIT = sql.SQL(
    "UPDATE {seals} s SET personal = {commitment} FROM {entries} e"
    " WHERE e.id = s.entry_id AND s.position = ANY(%(positions)s) AND s.personal IS NULL"
    " AND e.event NOT IN {records} AND s.hash = sha256("
    " coalesce((SELECT p.hash FROM {seals} p WHERE p.position = s.position - 1), %(first)s) || {digest})"
    " RETURNING s.position"
)
_BLANK = sql.SQL(
    "UPDATE {entries} SET actor_name = '', actor_email = '', impersonator = '', address = '', agent = '',"
    " target_label = '', changes = '{{}}', facts = '{{}}', salt = NULL"
    " WHERE id IN (SELECT entry_id FROM {seals} WHERE position = ANY(%s))"
)


def find_personal(connection: psycopg.Connection, log: Log, texts: Sequence[str]) -> list[int]:
    """The positions of sealed entries that hold one of the texts, or whose actor or target is a person with such an address."""
    lowered = [text.lower() for text in texts if text]
    with keeping(connection, "archivist"):
        query = _OF_PERSON.format(**log.tables, records=_RECORDS)
        return [row[0] for row in connection.execute(query, {"texts": lowered})]


def find_older(connection: psycopg.Connection, log: Log, days: int) -> list[int]:
    """The positions of sealed entries older than so many days that still hold personal data."""
    with keeping(connection, "archivist"):
        query = _OLDER.format(**log.tables, records=_RECORDS)
        return [row[0] for row in connection.execute(query, [days])]


def redact(
    connection: psycopg.Connection, log: Log, positions: Sequence[int], *, actor: Actor, reason: str = ""
) -> list[int]:
    """Blank what is personal in entries and record that; returns the positions of those that were blanked.

    One that does not fit its seal, and so was changed by somebody, stays as it is, and so do records of redactions and of
    what was taken out. The record says which entries and why, so a reason must not name the person.
    """
    blanked: list[int] = []
    for start in range(0, len(positions), BATCH):
        with keeping(connection, "archivist"):
            done = _commit(connection, log, positions[start : start + BATCH])
            if done:
                connection.execute(_BLANK.format(**log.tables), [done])
                spans = list(_spans(done))
                add_entry(connection, log, REDACTED, actor=actor, positions=spans, entries=len(done), reason=reason)
        blanked += done
    return blanked


def _commit(connection: psycopg.Connection, log: Log, positions: Sequence[int]) -> list[int]:
    content = digest(sql.SQL("s.position"), COMMITMENT, about=log.is_operators)
    query = _COMMIT.format(**log.tables, commitment=COMMITMENT, digest=content, records=_RECORDS)
    values = {"positions": list(positions), "first": bytes(get_start(connection, log).seal)}
    return sorted(row[0] for row in connection.execute(query, values))


def _spans(positions: Sequence[int]) -> Iterator[list[int]]:
    """Ascending positions as first and last of each unbroken row of them."""
    ends = [*(n for n, (one, two) in enumerate(pairwise(positions), 1) if two != one + 1), len(positions)]
    begin = 0
    for end in ends:
        yield [positions[begin], positions[end - 1]]
        begin = end
