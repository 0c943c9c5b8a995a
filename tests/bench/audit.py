"""A log of a million entries: its pages, sealing and checking it; and what recording adds to operations side by side."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
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

ROUNDS, SIDE_BY_SIDE, THREADS, OPERATIONS, TURNS = 12, 50, 4, 400, 7


def audit(report: Report, app: Flask, settings: Settings, entries: int) -> None:
    """Every figure of the audit log; filling it takes a minute."""
    _side_by_side(report, app, settings)
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
    with readers(log) as reading:
        began = perf_counter()
        verdict = verify(reading, log)
    assert verdict.fault is None, verdict
    assert verdict.entries >= entries, verdict
    report.add("checking a log", verdict.entries / (perf_counter() - began), "entries/s", at_least=100_000)


def _side_by_side(report: Report, app: Flask, settings: Settings) -> None:
    """The same, recorded and not, turn by turn: requests that make a workflow, on the threads that a web process has; and
    the bare operation from fifty threads, which is hardly more than one statement without its entry."""
    organisation = found("Busy", owner="Alice", people={})
    path, place = f"/workflows/{_workflow(organisation, 0)}/duplicate", threading.local()

    def request(_number: int) -> None:
        if not hasattr(place, "browser"):
            place.browser = Browser(app, f"{organisation.slug}.{settings.base_domain}")
            place.browser.carry_session(organisation.session_of("Alice"))
            place.browser.get("/workflows/new")
        assert place.browser.post(path).status_code == 303

    audited, silent = _turns(request, THREADS)
    report.add("requests that change something, many waiting", audited / OPERATIONS * 1000, "ms each")
    report.add("the same : without recording", audited / silent, "of 1", at_most=1.2)
    audited, silent = _turns(lambda number: _workflow(organisation, number), SIDE_BY_SIDE)
    report.add(f"{SIDE_BY_SIDE} bare operations side by side", audited / OPERATIONS * 1000, "ms each")
    report.add("the same : without recording", audited / silent, "of 1")


def _turns(act: Callable[[int], object], side_by_side: int) -> tuple[float, float]:
    """Seconds of a run that is recorded and of one that is not: the middle ones of several."""
    audited, silent = [], []
    with ThreadPoolExecutor(side_by_side) as threads:
        for _ in range(TURNS + 1):
            audited.append(_run(threads, act))
            with patch.object(operations, "record"):
                silent.append(_run(threads, act))
    return median(audited[1:]), median(silent[1:])


def _run(threads: ThreadPoolExecutor, act: Callable[[int], object]) -> float:
    began = perf_counter()
    list(threads.map(act, range(OPERATIONS)))
    return perf_counter() - began


def _workflow(organisation: Organisation, number: int) -> UUID:
    with tenant_work(organisation):
        return create_workflow(Draft(f"Workflow {number}"), actor=SYSTEM).id
