"""The commands ``saas audit …``: check, seal and look after the logs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import click
import psycopg
from sqlalchemy import select

from saas.audit import offline
from saas.audit.chains import get_head
from saas.audit.keeping import Log, get_log, keeping, list_logs, visit
from saas.audit.kept import accept_head
from saas.audit.redaction import find_older, find_personal, redact
from saas.audit.retention import DAYS, days_kept, expire
from saas.audit.sealing import seal
from saas.audit.sentences import changes_in, facts_in, sentence, waits
from saas.audit.signing import public_key
from saas.audit.verifying import Verdict, note_verdict, readers, verify
from saas.core.audit import OperatorEntry
from saas.core.console import counter, faint, mark, say, table
from saas.tenancy.lifecycle import COMMAND_LINE
from saas.tenancy.provisioning import owner_connection
from saas.tenancy.scope import platform_scope


@click.group("audit")
def group() -> None:
    """Audit logs: check, seal, redact, and let others check."""


@contextmanager
def _one(name: str) -> Iterator[tuple[psycopg.Connection, Log]]:
    with owner_connection() as connection:
        yield connection, get_log(connection, name)


def _chosen(name: str | None) -> Sequence[Log]:
    with owner_connection() as connection:
        return [get_log(connection, name)] if name else list_logs(connection)


class _HeadType(click.ParamType[tuple[int, bytes]]):
    """A position and its seal, as a mail shows them."""

    name = "POSITION:SEAL"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, bytes]:
        """The two parts; fails with a usage message."""
        position, _, text = value.partition(":")
        try:
            known = int(position), bytes.fromhex(text)
        except ValueError:
            known = 0, b""
        if len(known[1]) != 32:
            self.fail(f"“{value}” is not a position and a seal, such as 4711:9f86d081….", param, ctx)
        return known


@group.command("verify")
@click.argument("name", required=False)
@click.option("--head", "heads", type=_HeadType(), multiple=True, help="A position and seal from a mail that was kept.")
def verify_(name: str | None, heads: Sequence[tuple[int, bytes]]) -> None:
    """Check one log (a key, an id or “operators”) or all; exit code 1 and the first broken position if something is wrong.

    Exit code 1 also where entries wait too long for their seals: nobody seals, though the chain holds.
    """
    if heads and not name:
        raise click.UsageError("A seal that you know belongs to one log: name it.")
    began, broken, entries = perf_counter(), 0, 0
    for log in _chosen(name):
        verdict = _verdict(log, dict(heads), loud=bool(name))
        _tell(verdict)
        broken, entries = broken + bool(verdict.fault or verdict.waiting), entries + verdict.entries
    seconds = perf_counter() - began
    say(faint(f"{entries} entries checked in {seconds:.1f} s."))
    if broken:
        raise click.exceptions.Exit(1)


def _verdict(log: Log, known: dict[int, bytes], *, loud: bool) -> Verdict:
    total = [0]
    show = counter(lambda: total[0])

    def progress(done: int, of: int) -> None:
        total[0] = of
        if loud:
            show(done)

    with readers(log) as reading:
        verdict = verify(reading, log, known=known, progress=progress)
    with owner_connection() as connection:
        note_verdict(connection, verdict)
    return verdict


def _tell(verdict: Verdict) -> None:
    if verdict.fault:
        say(f"{mark('fail')}  {verdict.log.key}: {verdict.fault.sentence}")
        if verdict.fault.set_back:
            say(faint(f"      If a backup was put back on purpose: saas audit head --accept {verdict.log.key}"))
    elif verdict.last == 0:
        say(f"{mark('ok')}  {verdict.log.key}: nothing is sealed yet")
    else:
        say(f"{mark('ok')}  {verdict.log.key}: positions {verdict.first + 1} to {verdict.last} hold")
    if verdict.waiting:
        say(f"{mark('warn')}  {verdict.log.key}: {waits(verdict.waiting)}")


@group.command("seal")
@click.argument("name", required=False)
def seal_(name: str | None) -> None:
    """Seal what is not sealed yet, in one log or all; the worker does so every minute."""
    sealed = sum(seal(connection, log) for connection, log in visit(_chosen(name)))
    say(f"{sealed} entries sealed." if sealed else "Everything was sealed already.")


@group.command("head")
@click.argument("name", required=False)
@click.option("--accept", is_flag=True, help="Go on from where the log stands, after a backup was put back.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def head_(name: str | None, accept: bool, yes: bool) -> None:
    """The newest seal of one log or all, as POSITION:SEAL, to keep somewhere else.

    With --accept the head kept outside the database is replaced though the chain does not lead there; the operators' log
    tells.
    """
    if accept:
        _accept(name, yes)
        return
    rows = []
    for connection, log in visit(_chosen(name)):
        with keeping(connection, "sealer"):
            head = get_head(connection, log)
        rows.append((log.key, f"{head.position}:{bytes(head.seal).hex()}" if head else "nothing is sealed yet"))
    say(rows[0][1] if name else table(("Log", "Newest seal"), rows))


def _accept(name: str | None, yes: bool) -> None:
    if not name:
        raise click.UsageError("A head is accepted for one log: name it.")
    with _one(name) as (connection, log):
        if not yes:
            lost = "Entries behind it that were sealed before are lost, and nobody will be told again."
            click.confirm(f"Accept the chain of {log.key} as it stands? {lost}", abort=True)
        found = accept_head(connection, log, actor=COMMAND_LINE)
    say(f"{log.key} goes on from position {found.position}.")


@group.command("key")
def key_() -> None:
    """The public key under which heads, checkpoints and exports are signed; the offline verifier takes it by --key."""
    say(public_key().hex())


@group.command("expire")
@click.argument("name", required=False)
def expire_(name: str | None) -> None:
    """Take out what is older than a log keeps it, in one log or all; the worker does so every night."""
    for connection, log in visit([log for log in _chosen(name) if not log.is_operators]):
        with keeping(connection, "archivist"):
            known: dict[str, int | None] = dict(connection.execute(DAYS).fetchall())
        days = days_kept(known.get(log.key))
        removed = expire(connection, log, days)
        if removed or name:
            say(f"{log.key}: {removed} entries older than {days} days taken out.")


@group.command("redact")
@click.argument("name")
@click.option(
    "--email", "emails", multiple=True, help="Blank entries of, about and naming the person with this address."
)
@click.option("--text", "texts", multiple=True, help="Blank entries that hold this text.")
@click.option("--older-than", "days", type=click.IntRange(1), help="Blank every entry older than so many days.")
@click.option("--reason", default="", help="For the record, which everybody may read: do not name the person.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def redact_(name: str, emails: Sequence[str], texts: Sequence[str], days: int | None, reason: str, yes: bool) -> None:
    """Blank personal data in an organisation's log, for good; what was done, when and to what stays, and the chain holds."""
    if not (emails or texts or days):
        raise click.UsageError("Say whose data: --email, --text or --older-than.")
    with _one(name) as (connection, log):
        if log.is_operators:
            raise click.UsageError("The operators' log is not redacted.")
        seal(connection, log)
        found = set(find_personal(connection, log, [*emails, *texts]) if emails or texts else ())
        found |= set(find_older(connection, log, days) if days else ())
        if not found:
            say("No entry holds such data.")
            return
        if not yes:
            click.confirm(f"Blank personal data in {len(found)} entries of {log.key}? Nothing leads back.", abort=True)
        done = redact(connection, log, sorted(found), actor=COMMAND_LINE, reason=reason)
        seal(connection, log)
    say(f"Personal data in {len(done)} entries blanked.")
    if left := sorted(found - set(done)):
        raise click.ClickException(f"{len(left)} entries do not fit their seals and were left as they are: {left[:10]}")


@group.command("verifier")
def verifier_() -> None:
    """Print the script that checks exports without the application: saas audit verifier > verify.py"""
    say(Path(offline.__file__).read_text(encoding="utf-8").rstrip("\n"))


@group.command("operators")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="How many entries.")
def operators_(limit: int) -> None:
    """The operators' log, the newest entry first: what was done to the platform and, from outside, to organisations."""
    with platform_scope() as session:
        entries = session.scalars(select(OperatorEntry).order_by(OperatorEntry.id.desc()).limit(limit)).all()
    if not entries:
        say("Nothing is recorded yet.")
    for entry in entries:
        say(f"{entry.at:%Y-%m-%d %H:%M:%S}  {sentence(entry)}")
        notes = [f"{change.label}: {change.before or '–'} → {change.after or '–'}" for change in changes_in(entry)]
        notes += [f"{label}: {value}" for label, value in facts_in(entry) if value]
        notes += [f"from {entry.address}"] if entry.address else []
        if notes:
            say(faint(f"                     {'; '.join(notes)}"))
