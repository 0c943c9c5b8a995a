"""A log of a million entries: its pages, sealing and checking it; and what recording adds to operations side by side."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain
from time import perf_counter
from unittest.mock import patch
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from saas.audit.keeping import Log
from saas.audit.sealing import seal
from saas.audit.verifying import readers, verify
from saas.core.actor import SYSTEM
from saas.core.audit import AuditEntry
from saas.core.settings import Settings
from saas.modules.workflows import operations
from saas.modules.workflows.operations import Draft, create_workflow
from saas.tenancy.provisioning import owner_connection
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.bench.auditfill import fill
from tests.bench.report import Report, median
from tests.cast import Organisation, found
from tests.support import Browser

ROUNDS, SIDE_BY_SIDE, OPERATIONS, TURNS = 12, 50, 400, 7


def audit(report: Report, app: Flask, settings: Settings, entries: int) -> None:
    """Every figure of the audit log; filling it takes a minute."""
    _side_by_side(report)
    organisation = found("Ledger", owner="Alice", people={})
    fill(organisation, entries)
    browser = Browser(app, f"{organisation.slug}.{settings.base_domain}")
    browser.carry_session(organisation.session_of("Alice"))
    _pages(report, browser, organisation, entries)
    _chain(report, Log(organisation.id, organisation.slug, organisation.schema_name), entries)


def _pages(report: Report, browser: Browser, organisation: Organisation, entries: int) -> None:
    """A request at a time: every filter, free text that all and that hardly any entries hold, and pages far behind."""
    with tenant_scope(organisation) as session:
        old, recent = (
            session.scalars(select(AuditEntry).order_by(order).offset(100).limit(1)).one()
            for order in (AuditEntry.id, AuditEntry.id.desc())
        )
    asked = {
        "newest": "",
        "older": f"before={_middle(old.id, recent.id)}",
        "oldest": f"after={old.id}",
        "who": "who=lovelace",
        "one person": f"who={recent.actor_id}",
        "nobody": "who=nobody+at+all",
        "kind": "kind=member",
        "no such kind": "kind=api_key",
        "event": f"event={recent.event}",
        "module": "event=members.",
        "object": f"target=member:{recent.target_id}",
        "address": f"address={recent.address}",
        "in a name": "impersonated=yes",
        "days": f"since={old.at:%Y-%m-%d}&until={old.at:%Y-%m-%d}",
        "word of all": "q=person",
        "word of few": "q=997",
        "word of long ago": "q=oldcorp",
        "word of none": "q=zebra",
        "words": "q=lovelace+alpha+because",
        "everything": f"q=alpha&who=hopper&kind=member&event=teams.&impersonated=yes&since={old.at:%Y-%m-%d}",
    }
    times = {name: [_timed(browser, f"/audit?{query}") for _ in range(ROUNDS)] for name, query in asked.items()}
    slowest = max(times, key=lambda name: median(times[name]))
    note = f"slowest: {slowest}, {median(times[slowest]):.0f} ms"
    report.add(
        f"audit page, {entries} entries, any filter and text, p95", _p95(times.values()), "ms", at_most=100, note=note
    )
    report.add("newest entries, median", median(times["newest"]), "ms")


def _middle(one: UUID, other: UUID) -> UUID:
    return UUID(int=(one.int + other.int) // 2)


def _timed(browser: Browser, path: str) -> float:
    began = perf_counter()
    assert browser.get(path).status_code == 200, path
    return (perf_counter() - began) * 1000


def _p95(times: Iterable[list[float]]) -> float:
    every = sorted(chain.from_iterable(times))
    return every[int(len(every) * 0.95)]


def _chain(report: Report, log: Log, entries: int) -> None:
    with owner_connection() as connection:
        began = perf_counter()
        sealed = seal(connection, log)
        report.add("sealing an entry", (perf_counter() - began) / sealed * 1e6, "µs")
    with readers() as connections:
        began = perf_counter()
        verdict = verify(connections, log)
    assert verdict.fault is None, verdict
    assert verdict.entries >= entries, verdict
    report.add("checking a log", verdict.entries / (perf_counter() - began), "entries/s", at_least=100_000)


def _side_by_side(report: Report) -> None:
    """The same operation from fifty threads, recorded and not, turn by turn."""
    organisation = found("Busy", owner="Alice", people={})
    _run(organisation)
    audited, silent = [], []
    for _ in range(TURNS):
        audited.append(_run(organisation))
        with _unrecorded():
            silent.append(_run(organisation))
    report.add(
        f"{SIDE_BY_SIDE} operations side by side in one organisation", median(audited) / OPERATIONS * 1000, "ms each"
    )
    report.add("the same : without recording", median(audited) / median(silent), "of 1", at_most=1.2)


def _run(organisation: Organisation) -> float:
    def act(number: int) -> None:
        with tenant_work(organisation):
            create_workflow(Draft(f"Workflow {number}", steps=()), actor=SYSTEM)

    began = perf_counter()
    with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
        list(threads.map(act, range(OPERATIONS)))
    return perf_counter() - began


@contextmanager
def _unrecorded() -> Iterator[None]:
    with patch.object(operations, "record"):
        yield
