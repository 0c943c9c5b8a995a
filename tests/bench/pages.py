"""The signed-in dashboard on the production server, beside a bare Flask + psycopg page that sends the same statements."""

import pickle
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from flask import Flask
from sqlalchemy import event

from saas.core.database import db
from saas.core.logins import Login
from saas.core.settings import Settings
from saas.tenancy.scope import tenant_place
from tests.bench import load
from tests.bench.deployment import environment_of
from tests.bench.report import Report
from tests.cast import Organisation, found
from tests.support import Browser

WORKERS, THREADS = 2, 4
DJANGO_TENANTS_CPU_MS, ITS_BARE_PAGE_CPU_MS = 4.3, 0.66
"""Processor time a request of django-tenants, and of a bare page on the same machine, in milliseconds."""


def pages(report: Report, app: Flask, settings: Settings, folder: Path) -> None:
    """Requests a second, latency, processor time a request; at 1 and at 200 tenants."""
    organisations = [found(f"Page{number}", owner="Alice", people={}) for number in range(200)]
    visitors = [visitor_of(app, organisation, settings) for organisation in organisations]
    record = _record(app, organisations, settings, folder / "bare.pickle")
    environment = environment_of(settings) | {"BARE_RECORD": str(record)}
    figures: dict[str, load.Outcome] = {}
    used: dict[str, float] = {}
    for name, target in {"bare": "tests.bench.bare:app", "ours": "wsgi:app"}.items():
        with served(target, environment, visitors[0]) as (port, process):
            for count in (1, 200):
                load.load(port, visitors[:count], seconds=2)
                key = f"{name} {count}"
                figures[key], used[key] = _measure(report, name, port, visitors[:count], process.pid)
            if name == "ours":
                _memory(report, process.pid)
    report.add(
        "dashboard : bare page, 1 tenant",
        figures["ours 1"].rps / figures["bare 1"].rps,
        "of 1",
        at_least=0.35,
        note="aim 0.45",
    )
    report.add("dashboard : bare page, 200 tenants", figures["ours 200"].rps / figures["bare 200"].rps, "of 1")
    report.add(
        "processor time : bare page's, 1 tenant",
        used["ours 1"] / used["bare 1"],
        "of 1",
        at_most=DJANGO_TENANTS_CPU_MS / ITS_BARE_PAGE_CPU_MS / 1.6,
        note=f"django-tenants {DJANGO_TENANTS_CPU_MS / ITS_BARE_PAGE_CPU_MS:.1f}",
    )
    report.add(
        "dashboard at 200 tenants : at 1", figures["ours 200"].rps / figures["ours 1"].rps, "of 1", at_least=0.75
    )


def visitor_of(app: Flask, organisation: Organisation, settings: Settings) -> load.Visitor:
    """Somebody who has opened a page before: with the cookies that it set, as browsers have them."""
    browser = Browser(app, f"{organisation.slug}.{settings.base_domain}")
    session = organisation.session_of("Alice")
    browser.carry_session(session)
    given = [cookie.split(";")[0] for cookie in browser.get("/").headers.getlist("Set-Cookie")]
    return load.Visitor(browser.host, "; ".join([f"session={session}", *given]))


def _record(app: Flask, organisations: list[Organisation], settings: Settings, path: Path) -> Path:
    """Open the dashboard once and write down what it asks of the database."""
    statements: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            statements.append((statement, values))

    browser = Browser(app, f"{organisations[0].slug}.{settings.base_domain}")
    browser.carry_session(organisations[0].session_of("Alice"))
    assert browser.get("/").status_code == 200
    event.listen(db.guarded, "before_cursor_execute", note)
    browser.get("/")
    event.remove(db.guarded, "before_cursor_execute", note)
    hosts = {f"{o.slug}.{settings.base_domain}": f"BEGIN; {tenant_place(o).settings_sql}" for o in organisations}
    path.write_bytes(pickle.dumps({"dsn": settings.login(Login.APP), "statements": statements, "hosts": hosts}))
    print(f"    the dashboard sends {len(statements)} statements", flush=True)
    return path


@contextmanager
def served(
    target: str, environment: dict[str, str], visitor: load.Visitor
) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", str(WORKERS), "--blocking-threads", str(THREADS), "--log-level", "error", target]
    process = subprocess.Popen(command, env=environment)
    try:
        _wait(port, visitor, process)
        yield port, process
    finally:
        process.terminate()
        process.wait(20)


def _wait(port: int, visitor: load.Visitor, process: "subprocess.Popen[bytes]") -> None:
    while process.poll() is None:
        try:
            ask = Request(f"http://127.0.0.1:{port}/", headers={"Host": visitor.host, "Cookie": visitor.cookie})
            with urlopen(ask, timeout=5) as answer:
                assert answer.status == 200
                return
        except (URLError, ConnectionError):
            continue
    raise RuntimeError("the server ended before it answered")


def _measure(
    report: Report, name: str, port: int, visitors: list[load.Visitor], pid: int
) -> tuple[load.Outcome, float]:
    """What came of a load, and the application's processor time a request in milliseconds."""
    web, database = load.children_of(pid), load.children_of(load.postmaster())
    before = load.cpu_seconds(web), load.cpu_seconds(database)
    outcome = load.load(port, visitors)
    used = load.cpu_seconds(web) - before[0], load.cpu_seconds(database) - before[1]
    assert outcome.errors == 0, f"{outcome.errors} of {outcome.requests} requests failed"
    label = f"{'dashboard' if name == 'ours' else 'bare Flask + psycopg page'}, {len(visitors)} tenant{'s' * (len(visitors) > 1)}"
    report.add(label, outcome.rps, "req/s", note=f"p50 {outcome.p50:.1f} ms, p99 {outcome.p99:.1f} ms")
    app_ms, database_ms = (seconds * 1000 / outcome.requests for seconds in used)
    limit = DJANGO_TENANTS_CPU_MS / 1.6 if name == "ours" and len(visitors) == 1 else None
    report.add(
        "  application's processor time a request", app_ms, "ms", at_most=limit, note=f"database {database_ms:.2f} ms"
    )
    return outcome, app_ms


def _memory(report: Report, pid: int) -> None:
    for number, child in enumerate(load.children_of(pid)[1:]):
        report.add(f"memory of web worker {number + 1}", load.memory_mb(child, "Pss"), "MB", note="proportional share")
