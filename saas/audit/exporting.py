"""Writing exports: part by part, each part in a job's own transaction, so that progress is seen and a killed job goes on.

A part that is written twice is the same twice. JSON Lines carry what ``saas.audit.offline`` checks: every entry with its
position, its seal and the one before it, and a signed last line.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any
from uuid import UUID

from psycopg import sql
from psycopg.rows import dict_row

from saas.audit.chains import Head, Start, get_head, get_start
from saas.audit.keeping import Log, own_connection
from saas.audit.models import AuditExport
from saas.audit.offline import KIND, PERSONAL, PUBLIC, export_text, microseconds, sha256
from saas.audit.search import Search, find
from saas.audit.sentences import sentence
from saas.audit.signing import public_key, sign
from saas.core.audit import AuditEntry
from saas.core.clock import now
from saas.core.csv import csv_line

PART = 10_000
CSV_HEAD = (
    *("Position", "Time (UTC)", "What happened", "Event", "Who", "E-mail", "Kind", "In the name of", "Address"),
    *("Browser", "Request", "Target", "Target's kind", "Target's id", "Changes", "Facts", "Entry"),
)
_TEXTS = ("changes", "facts")
_ROWS = sql.SQL(
    "SELECT s.position, e.id::text, e.at, {columns}, e.changes::text, e.facts::text, encode(e.salt, 'hex') AS salt,"
    " encode(s.personal, 'hex') AS commitment,"
    " encode(coalesce((SELECT p.hash FROM {seals} p WHERE p.position = s.position - 1), %(first)s), 'hex') AS before,"
    " encode(s.hash, 'hex') AS seal"
    " FROM {seals} s JOIN {entries} e ON e.id = s.entry_id WHERE {which} ORDER BY s.position"
)
_BY_POSITION = sql.SQL("s.position > %(after)s AND s.position <= %(until)s")
_BY_ID = sql.SQL("e.id = ANY(%(ids)s)")


@dataclass(slots=True)
class State:
    """How far an export is, between two of its parts."""

    whole: bool
    start: int = 0
    until: int = 0
    position: int = 0
    entry: str = str(UUID(int=0))
    lines: str = "00" * 32
    head: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, export: AuditExport) -> "State":
        """As the export tells; at the beginning when nothing was written."""
        return cls(**json.loads(export.reached)) if export.reached else cls(whole=not export.search)


@dataclass(frozen=True, slots=True)
class Part:
    """What one step gives: the bytes of a part, and whether it is the first and the last one."""

    content: bytes
    first: bool
    last: bool


def part_name(export: AuditExport, number: int) -> str:
    """What a part is called in the tenant's folder."""
    return f"audit/{export.id}/{number:05}"


def write_part(export: AuditExport, log: Log, *, zone: str, size: int = PART) -> Part:
    """The next part of an export; notes in the export how far it is. The log should be sealed just before."""
    state, start = State.of(export), get_start(own_connection(), log)
    begins = not export.reached
    if state.whole and not begins and start.position > state.position:
        state, begins, export.rows = (
            State(whole=True),
            True,
            0,
        )  # retention has overtaken it: once more from the beginning
    if begins:
        head = get_head(own_connection(), log) or Head(0, start.seal, b"", None)
        state.start = state.position = start.position
        state.until, state.head = head.position, _head_line(export, log, head, start)
    rows, last = _next_rows(export, log, state, start, zone, size)
    lines = list(_csv_lines(rows, begins) if export.format == "csv" else _json_lines(rows, state, begins))
    export.rows += len(rows)
    if last and export.format == "jsonl":
        lines.append(_end(log, export.rows, state))
    export.percent = 100 if last else _percent(state, rows)
    export.reached = json.dumps({name: getattr(state, name) for name in State.__slots__})
    return Part("".join(lines).encode(), begins, last)


def _next_rows(
    export: AuditExport, log: Log, state: State, start: Start, zone: str, size: int
) -> tuple[list[dict[str, Any]], bool]:
    values: dict[str, Any]
    columns = sql.SQL(", ").join(sql.SQL(f"e.{name}") for name in (*PUBLIC, *PERSONAL) if name not in _TEXTS)
    if state.whole:
        values = {"after": state.position, "until": min(state.position + size, state.until)}
        which, last = _BY_POSITION, state.position + size >= state.until
        state.position = values["until"]
    else:
        found = _find_next(export, state, zone, size)
        values, which, last = {"ids": [entry.id for entry in found]}, _BY_ID, len(found) < size
    query = _ROWS.format(**log.tables, columns=columns, which=which)
    with own_connection().cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query, {**values, "first": bytes(start.seal)}).fetchall()
    return rows, last


def _find_next(export: AuditExport, state: State, zone: str, size: int) -> Sequence[AuditEntry]:
    """The next entries that were searched for, none younger than the export."""
    found = find(Search.read(export.search), zone=zone, after=UUID(state.entry), before=export.id, limit=size)
    if found:
        state.entry = str(found[0].id)
    return found


def _percent(state: State, rows: Sequence[dict[str, Any]]) -> int:
    if state.whole:
        return 100 * (state.position - state.start) // max(1, state.until - state.start)
    return min(99, 100 * max((row["position"] for row in rows), default=0) // max(1, state.until))


def _head_line(export: AuditExport, log: Log, head: Head, start: Start) -> dict[str, Any]:
    checkpoint = None
    if start.at is not None:
        checkpoint = {
            "position": start.position,
            "seal": bytes(start.seal).hex(),
            "removed": start.removed,
            "at": str(microseconds(start.at.isoformat())),
            "signature": start.signature.hex(),
        }
    return {
        "kind": KIND,
        "log": str(log.tenant_id),
        "name": log.key,
        "made_at": now().isoformat(),
        "whole": not export.search,
        "search": export.search,
        "checkpoint": checkpoint,
        "head": {"position": head.position, "seal": bytes(head.seal).hex(), "signature": head.signature.hex()},
        "key": public_key().hex(),
    }


def _json_lines(rows: Sequence[dict[str, Any]], state: State, begins: bool) -> Iterator[str]:
    lines = bytes.fromhex(state.lines)
    for line in [*([json.dumps(state.head, ensure_ascii=False)] if begins else []), *map(_json_line, rows)]:
        lines = sha256(lines, line)
        yield f"{line}\n"
    state.lines = lines.hex()


def _json_line(row: dict[str, Any]) -> str:
    """JSON columns stand in it as the database writes them: they are hashed that way."""
    row = {**row, "at": row["at"].astimezone(UTC).isoformat(), "actor_id": row["actor_id"] and str(row["actor_id"])}
    written = (
        f"{json.dumps(name)}: {value if name in _TEXTS else json.dumps(value, ensure_ascii=False)}"
        for name, value in row.items()
    )
    return "{" + ", ".join(written) + "}"


def _end(log: Log, entries: int, state: State) -> str:
    signature = sign(export_text(log.tenant_id, entries, state.lines)).hex()
    return json.dumps({"kind": "end", "entries": entries, "lines": state.lines, "signature": signature}) + "\n"


def _csv_lines(rows: Sequence[dict[str, Any]], begins: bool) -> Iterator[str]:
    if begins:
        yield csv_line(CSV_HEAD)
    for row in rows:
        entry = AuditEntry(
            **{name: row[name] for name in (*PUBLIC, *PERSONAL) if name not in _TEXTS},
            changes=json.loads(row["changes"]),
            facts=json.loads(row["facts"]),
            salt=row["salt"] and bytes.fromhex(row["salt"]),
        )
        yield csv_line(
            (
                *(row["position"], row["at"].astimezone(UTC).isoformat(timespec="milliseconds"), sentence(entry)),
                *(row["event"], row["actor_name"], row["actor_email"], row["actor_kind"], row["impersonator"]),
                *(row["address"], row["agent"], row["request_id"], row["target_label"], row["target_kind"]),
                *(row["target_id"], row["changes"], row["facts"], row["id"]),
            )
        )
