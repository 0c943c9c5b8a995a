#!/usr/bin/env python3
"""Check an export of an audit log (JSON Lines) without the application that made it.

    python3 verify.py export.jsonl
    python3 verify.py export.jsonl --key 9f0c… --head 4711:ab12…

Every entry carries a seal that is made of the entry and of the seal before it, so none can be changed, taken out, put in or
moved without breaking the chain. ``--key`` is the platform's public key as the daily mail shows it: with it the file as a
whole is checked, and where the chain begins and ends. ``--head`` is a position and seal from an older mail: the chain in
the file must pass through it, unless that entry was taken out since because of its age.

How a seal is made. All texts are UTF-8; JSON is written with ", " and ": ", non-ASCII letters as they are, the keys of an
object sorted by length and then by bytes, numbers as they stand in the file. A time is the microseconds since 1970 in UTC.

    commitment = SHA-256 of [salt, actor_name, actor_email, impersonator, address, agent, target_label, changes, facts]
    digest     = SHA-256 of [position, id, time, event, actor_kind, actor_id, request_id, target_kind, target_id, commitment]
    seal       = SHA-256 of the 32 bytes of the seal before and the 32 bytes of the digest
    the seal before the first one = SHA-256 of "saas audit chain 1 " and the organisation's id

Where somebody's personal data was redacted, the commitment stands in place of what it was made of. This file needs
nothing but Python 3.9 or newer; exit code 0 means that all is well, 1 that something is wrong, 2 that the file is no export,
3 that what is in the file is well, but a seal you know is not in it, as a part of a log need not hold it.
"""

# ruff: noqa: T201 - a script of its own, which talks by printing
from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

PUBLIC = ("event", "actor_kind", "actor_id", "request_id", "target_kind", "target_id")
PERSONAL = ("actor_name", "actor_email", "impersonator", "address", "agent", "target_label", "changes", "facts")
BLANK: tuple[Any, ...] = ("", "", "", "", "", "", {}, {})
FIELDS = {"position", "id", "at", *PUBLIC, *PERSONAL, "salt", "commitment", "before", "seal"}
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)  # noqa: UP017 - also for older Pythons
KIND = "saas audit export 1"
Point = tuple[int, int, int, int]


class Wrong(Exception):
    """What is wrong with the file, in one sentence."""


class Number(str):
    """A number as it stands in the file."""


def canonical(value: Any) -> str:
    """A value as JSON in the form that is hashed."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return "{" + ", ".join(f"{canonical(key)}: {canonical(value[key])}" for key in keys) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(canonical, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def sha256(*parts: str | bytes) -> bytes:
    """The SHA-256 of bytes, or of a text's UTF-8."""
    return hashlib.sha256(b"".join(part.encode() if isinstance(part, str) else part for part in parts)).digest()


def commitment(entry: Mapping[str, Any]) -> bytes:
    """What stands for the personal part of an entry."""
    return sha256(canonical([entry["salt"], *(entry[name] for name in PERSONAL)]))


def digest(entry: Mapping[str, Any], personal: bytes) -> bytes:
    """What stands for a whole entry, with the commitment to its personal part."""
    fields = [entry["position"], entry["id"], microseconds(entry["at"]), *(entry[name] for name in PUBLIC)]
    return sha256(canonical([*fields, personal.hex()]))


def microseconds(moment: str) -> int:
    """A time as ISO 8601 writes it, in microseconds since 1970."""
    return (datetime.fromisoformat(moment.replace("Z", "+00:00")) - EPOCH) // timedelta(microseconds=1)


def genesis(log_id: object) -> bytes:
    """What stands before the first seal of a log."""
    return sha256(f"saas audit chain 1 {log_id}")


def head_text(log_id: object, position: object, seal: str) -> bytes:
    """What is signed of a chain's newest seal."""
    return f"saas audit head 1 {log_id} {position} {seal}".encode()


def checkpoint_text(log_id: object, position: object, seal: str, removed: object, at: str) -> bytes:
    """What is signed of the last seal that was taken out."""
    return f"saas audit checkpoint 1 {log_id} {position} {seal} {removed} {at}".encode()


def export_text(log_id: object, entries: object, lines: str) -> bytes:
    """What is signed at the end of a file: how many entries it holds, and the running hash of its lines."""
    return f"saas audit lines 1 {log_id} {entries} {lines}".encode()


P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def is_signed(key: bytes, text: bytes, signature: bytes) -> bool:
    """Whether an Ed25519 signature (RFC 8032) of a text holds under a public key."""
    if len(key) != 32 or len(signature) != 64:
        return False
    point, begin = _point(key), _point(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if point is None or begin is None or scalar >= ORDER:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + key + text).digest(), "little") % ORDER
    base = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
    assert base is not None
    return _same(_times(scalar, base), _plus(begin, _times(challenge, point)))


def _point(packed: bytes) -> Point | None:
    number = int.from_bytes(packed, "little")
    y, sign = number & (2**255 - 1), number >> 255
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def _plus(one: Point, two: Point) -> Point:
    a = (one[1] - one[0]) * (two[1] - two[0]) % P
    b = (one[1] + one[0]) * (two[1] + two[0]) % P
    c, d = 2 * one[3] * two[3] * D % P, 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(number: int, point: Point) -> Point:
    total = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = _plus(total, point)
        point, number = _plus(point, point), number >> 1
    return total


def _same(one: Point, two: Point) -> bool:
    return not ((one[0] * two[2] - two[0] * one[2]) % P or (one[1] * two[2] - two[1] * one[2]) % P)


def read(line: bytes, number: int) -> dict[str, Any]:
    """A line of the file; numbers stay as they are written."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) < len(pairs):
            raise Wrong(f"Line {number} names a field twice.")
        return dict(pairs)

    try:
        found = json.loads(line, parse_int=Number, parse_float=Number, object_pairs_hook=once)
    except ValueError:
        raise Wrong(f"Line {number} is not JSON.") from None
    if not isinstance(found, dict):
        raise Wrong(f"Line {number} is not an object.")
    return found


class Check:
    """Goes through a file from its first line to its last."""

    def __init__(self, head: dict[str, Any], key: bytes, known: dict[int, bytes]) -> None:
        self.head, self.key, self.known = head, key, known
        self.log_id, self.whole = head["log"], head["whole"]
        self.entries, self.redacted, self.lines = 0, 0, b"\0" * 32
        self.seen: set[int] = set()
        self.past: list[int] = []
        self.start, self.last, self.seal = 0, 0, genesis(self.log_id)

    def begin(self) -> None:
        """Where the chain begins: at its first entry, or behind a signed checkpoint."""
        start = self.head["checkpoint"]
        if start is not None:
            self.behind(start)
        self.past = sorted(position for position in self.known if position <= self.last)
        self.start = self.last
        for position in self.past:
            if self.known.pop(position) != self.seal and position == self.last:
                raise Wrong(f"The chain begins behind position {position} with another seal than the one you know.")

    def behind(self, start: dict[str, Any]) -> None:
        """The signed checkpoint behind which the chain begins since older entries were taken out."""
        self.last, self.seal = int(start["position"]), bytes.fromhex(start["seal"])
        text = checkpoint_text(self.log_id, start["position"], start["seal"], start["removed"], start["at"])
        self.signed(text, start["signature"], "The checkpoint where the chain begins")

    def signed(self, text: bytes, signature: str, what: str) -> None:
        """Raise Wrong unless a signature holds; without a key of one's own nothing can be said."""
        if self.key and not is_signed(self.key, text, bytes.fromhex(signature)[4:]):
            raise Wrong(f"{what} is not signed with the key you gave.")

    def entry(self, entry: dict[str, Any], number: int) -> None:
        """One entry: its own seal, and that it follows the entry before."""
        if set(entry) != FIELDS:
            odd = ", ".join(sorted(set(entry) ^ FIELDS))
            raise Wrong(f"Line {number} has more or fewer fields than an entry: {odd}.")
        position, seal, before = int(entry["position"]), bytes.fromhex(entry["seal"]), bytes.fromhex(entry["before"])
        where = f"The entry at position {position} (line {number})"
        if position in self.seen:
            raise Wrong(f"{where} is there twice.")
        self.seen.add(position)
        self.follows(position, before, where)
        if sha256(before, digest(entry, self.personal(entry, where))) != seal:
            raise Wrong(f"{where} was changed: it does not fit its seal.")
        if self.known.pop(position, seal) != seal:
            raise Wrong(f"{where} has another seal than the one you know.")
        self.last, self.seal, self.entries = position, seal, self.entries + 1

    def follows(self, position: int, before: bytes, where: str) -> None:
        """Raise Wrong where entries are missing or out of order."""
        if self.whole and position < self.last:
            raise Wrong(f"{where} stands behind position {self.last}: the lines were put into another order.")
        if self.whole and position > self.last + 1:
            raise Wrong(f"The entries from position {self.last + 1} to {position - 1} are missing.")
        if position == self.last + 1 and before != self.seal:
            raise Wrong(f"{where} does not build on the entry before it.")

    def personal(self, entry: dict[str, Any], where: str) -> bytes:
        """The commitment to the personal part, which a redacted entry carries and any other is computed of."""
        if entry["commitment"] is None:
            return commitment(entry)
        self.redacted += 1
        if tuple(entry[name] for name in PERSONAL) != BLANK or entry["salt"] is not None:
            raise Wrong(f"{where} counts as redacted, but holds personal data.")
        return bytes.fromhex(entry["commitment"])

    def end(self, last: dict[str, Any]) -> None:
        """The last line: nothing is missing before it, and the whole is signed."""
        head = self.head["head"]
        if int(last["entries"]) != self.entries:
            raise Wrong(f"The file ends with {self.entries} entries, but was written with {last['entries']}.")
        if self.whole and (str(self.last), self.seal.hex()) != (str(head["position"]), head["seal"]):
            raise Wrong(f"The chain ends at position {self.last}, but the newest seal was at {head['position']}.")
        if last["lines"] != self.lines.hex():
            raise Wrong("The lines are not those that were written.")
        self.signed(head_text(self.log_id, head["position"], head["seal"]), head["signature"], "The newest seal")
        self.signed(export_text(self.log_id, self.entries, last["lines"]), last["signature"], "The file")
        if self.whole and self.known:
            raise Wrong(f"The file does not hold the position that you know: {min(self.known)}.")


def check(file: Iterable[bytes], key: bytes = b"", known: Mapping[int, bytes] | None = None) -> Check:
    """Check a file; returns the Check with its counts, raises Wrong at the first thing that does not hold."""
    checking: Check | None = None
    last: dict[str, Any] | None = None
    for number, raw in enumerate(file, 1):
        line = read(raw, number)
        if last is not None:
            raise Wrong(f"Line {number} stands behind the end.")
        if checking is None:
            if line.get("kind") != KIND:
                raise LookupError("This is not an export of an audit log.")
            checking = Check(line, key, dict(known or {}))
            checking.begin()
        elif line.get("kind") == "end":
            last = line
            continue
        else:
            checking.entry(line, number)
        checking.lines = sha256(checking.lines, raw.rstrip(b"\n"))
    if checking is None:
        raise LookupError("The file is empty.")
    if last is None:
        raise Wrong("The file was cut short: its last line is missing.")
    checking.end(last)
    return checking


def _known(text: str) -> tuple[int, bytes]:
    position, _, seal = text.partition(":")
    return int(position), bytes.fromhex(seal)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Check an export of an audit log (JSON Lines).")
    parser.add_argument("file", type=argparse.FileType("rb"))
    parser.add_argument("--key", type=bytes.fromhex, default=b"", help="the platform's public key, 64 hex digits")
    parser.add_argument("--head", type=_known, action="append", help="POSITION:SEAL of a mail you kept")
    choice = parser.parse_args(arguments)
    if len(dict(choice.head or ())) < len(set(choice.head or ())):
        parser.error("--head names two seals for one position")
    try:
        done = check(choice.file, choice.key, dict(choice.head or ()))
    except Wrong as wrong:
        print("WRONG:", wrong)
        return 1
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        print("This file cannot be read as an export:", error)
        return 2
    extent = "the whole log" if done.whole else "a part of the log: entries that were not searched for are not in it"
    print(f"{'NOT ALL CHECKED' if done.known else 'GOOD'}: {done.entries} entries, {extent}; {done.redacted} redacted.")
    print(f"Its newest seal: {done.head['head']['position']}:{done.head['head']['seal']}")
    if not choice.key:
        print("The platform's key was not given: who made the file, and where it ends, was not checked.")
    for position in done.past:
        print(
            f"Position {position}, which you know, was taken out since: the chain begins behind position {done.start}."
        )
    for position in sorted(done.known):
        print(
            f"Position {position}, which you know, is not in this file: an export of the whole log tells whether it holds."
        )
    return 3 if done.known else 0


if __name__ == "__main__":
    sys.exit(main())
