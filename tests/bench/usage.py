"""Usage: what counting adds to a request, the limit under a crowd, batches from programs, pages over ten million events."""

import json
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from itertools import count
from time import perf_counter
from uuid import uuid4

from flask import Flask
from sqlalchemy import text

from saas.app import create_app
from saas.core.actor import SYSTEM
from saas.core.settings import Settings
from saas.keys.operations import create_key
from saas.modules.workflows.operations import Draft, create_workflow
from saas.tenancy.limits import LimitReached
from saas.tenancy.models import Tenant
from saas.tenancy.plans import set_overrides
from saas.tenancy.provisioning import owner_connection
from saas.tenancy.scope import platform_work, tenant_scope, tenant_work
from saas.tenancy.standing import get_standing
from saas.usage.operations.consuming import consume
from saas.usage.operations.ingesting import MOST, ingest
from saas.usage.uses import Use
from tests.bench.deployment import environment_of
from tests.bench.pages import served, visitor_of
from tests.bench.report import Report, median
from tests.cast import Organisation, found
from tests.support import Browser
from tests.usage.filling import fill_events

ROUNDS, CALLS, CROWD, WORK_SECONDS, BATCHES, CLIENTS, LOOKS = 400, 10_000, 50, 0.2, 60, 4, 30
_numbers = count()


def usage(report: Report, app: Flask, settings: Settings, events: int) -> None:
    """Every figure of usage; filling in the events takes minutes."""
    create_app(settings.model_copy(update={"db_pool_size": CROWD, "web_processes": 1}))
    _added(report)
    _at_the_limit(report)
    _crowd(report)
    create_app(settings)
    _ingesting(report, app, settings)
    _pages(report, app, settings, events)


def _organisation(name: str, **limits: int) -> Organisation:
    organisation = found(name, owner="Alice", people={})
    if limits:
        with platform_work() as session:
            set_overrides(session.get_one(Tenant, organisation.id), limits=limits, actor=SYSTEM)
    return organisation


def _seconds(act: Callable[[], object]) -> float:
    began = perf_counter()
    act()
    return perf_counter() - began


def _added(report: Report) -> None:
    """A transaction that writes something, with and without a use, turn by turn; and a use with a commit of its own."""
    organisation = _organisation("Counted", images=10**9)

    def work(*, counted: bool) -> None:
        with tenant_work(organisation):
            get_standing()  # a request has read it with whoever came
            create_workflow(Draft(f"Workflow {next(_numbers)}"), actor=SYSTEM)
            if counted:
                consume("images", actor=SYSTEM, module="pictures", resource="image:1", outcome="ok")

    def alone() -> None:
        with tenant_work(organisation):
            consume("images", actor=SYSTEM)

    times: dict[bool, list[float]] = {True: [], False: []}
    for number in range(2 * ROUNDS):
        counted = bool(number % 2)
        times[counted].append(_seconds(lambda counted=counted: work(counted=counted)))
    plain, with_use = (median(times[counted][20:]) * 1e6 for counted in (False, True))
    report.add("a request's transaction that writes, p50", plain, "µs")
    report.add("consume() adds to it, p50", with_use - plain, "µs", at_most=300)
    report.add(
        "consume() in a transaction of its own, p50", median([_seconds(alone) for _ in range(ROUNDS)]) * 1e6, "µs"
    )
    report.add("floor: counter and event by bare SQL, with a commit, p50", _floor(organisation) * 1e6, "µs")


_BARE = (
    "WITH counted AS (INSERT INTO usage_totals AS t (meter, period, used, cost, events) VALUES ('bare', '2026-01-01', 1, 0, 1)"
    " ON CONFLICT (meter, period) DO UPDATE SET used = t.used + 1 RETURNING used)"
    " INSERT INTO usage_events (id, at, meter, quantity, cost, dimension, module, resource, actor_kind, outcome)"
    " SELECT gen_random_uuid(), now(), 'bare', 1, 0, '', '', '', '', '' FROM counted"
)


def _floor(organisation: Organisation) -> float:
    """What no product can be quicker than: the least SQL that does it, one round trip, nothing around it."""
    with owner_connection() as connection:
        connection.execute(f"SET search_path TO {organisation.schema_name}".encode())
        return median([_seconds(lambda: connection.execute(_BARE)) for _ in range(ROUNDS)])


def _at_the_limit(report: Report) -> None:
    organisation = _organisation("Limited", images=CALLS // 2)

    def attempt(_number: int) -> bool:
        try:
            with tenant_work(organisation):
                consume("images", actor=SYSTEM)
        except LimitReached:
            return False
        return True

    began = perf_counter()
    with ThreadPoolExecutor(CROWD) as threads:
        accepted = sum(threads.map(attempt, range(CALLS)))
    seconds = perf_counter() - began
    with tenant_scope(organisation) as session:
        recorded = session.scalar(text("SELECT sum(quantity) FROM usage_events WHERE meter = 'images'"))
    overshoot = max(accepted, int(recorded or 0)) - CALLS // 2
    report.add(f"overshoot of {CALLS} concurrent calls at a limit", float(overshoot), "", at_most=0)
    report.add("the same, one hot counter", CALLS / seconds, "calls/s")


def _crowd(report: Report) -> None:
    """Fifty at once, each with work that takes a while: nobody waits for the counter while others work."""
    organisation = _organisation("Crowded", images=10**9)

    def request(*, counted: bool) -> None:
        with tenant_work(organisation) as session:
            session.execute(text("SELECT 1"))
            time.sleep(WORK_SECONDS)  # the work itself, whose length is measured against: nothing is waited for
            if counted:
                consume("images", actor=SYSTEM)

    times: dict[bool, list[float]] = {True: [], False: []}
    with ThreadPoolExecutor(CROWD) as threads:
        for number in range(14):
            counted = bool(number % 2)

            def run(counted: bool = counted) -> None:
                list(threads.map(lambda _n: request(counted=counted), range(CROWD)))

            times[counted].append(_seconds(run))
    plain, metered = (median(times[counted][2:]) for counted in (False, True))
    report.add(f"{CROWD} parallel requests with {WORK_SECONDS * 1000:.0f} ms of work", metered * 1000, "ms")
    report.add("the same : unmetered", metered / plain, "of 1", at_most=1.2)


def _ingesting(report: Report, app: Flask, settings: Settings) -> None:
    organisation = _organisation("Ingested", images=10**12)

    def batch() -> list[Use]:
        mark = uuid4().hex
        return [Use("workflow_runs", 1, key=f"{mark}-{number}") for number in range(MOST)]

    def send(uses: list[Use]) -> None:
        with tenant_work(organisation):
            ingest(uses, actor=SYSTEM)

    send(batch())
    batches = [batch() for _ in range(BATCHES)]
    seconds = _seconds(lambda: [send(one) for one in batches])
    report.add(f"ingesting batches of {MOST}, the operation alone", BATCHES * MOST / seconds, "events/s")
    with served("wsgi:app", environment_of(settings), visitor_of(app, organisation, settings)) as (port, _process):
        _over_http(report, organisation, settings, port)


def _over_http(report: Report, organisation: Organisation, settings: Settings, port: int) -> None:
    with tenant_work(organisation):
        _, secret = create_key(name="Meter", permissions=("usage.track",), expires_at=None, actor=SYSTEM)
    headers = {
        "Host": f"{organisation.slug}.{settings.base_domain}",
        "Authorization": f"Bearer {secret}",
        "Content-Type": "application/json",
    }

    def bodies() -> list[bytes]:
        found = []
        for _ in range(BATCHES // CLIENTS):
            mark = uuid4().hex
            found.append(json.dumps([{"meter": "workflow_runs", "key": f"{mark}-{n}"} for n in range(MOST)]).encode())
        return found

    def client(sent: list[bytes]) -> int:
        connection, recorded = HTTPConnection("127.0.0.1", port), 0
        for body in sent:
            connection.request("POST", "/api/usage/events", body, headers)
            answer = connection.getresponse()
            told = json.loads(answer.read())
            assert answer.status == 200, told
            recorded += told["recorded"]
        return recorded

    with ThreadPoolExecutor(CLIENTS) as threads:
        list(threads.map(client, [bodies()[:2] for _ in range(CLIENTS)]))
        made = [bodies() for _ in range(CLIENTS)]
        began = perf_counter()
        recorded = sum(threads.map(client, made))
    report.add(
        f"ingesting over HTTP, {CLIENTS} clients", recorded / (perf_counter() - began), "events/s", at_least=50_000
    )


def _pages(report: Report, app: Flask, settings: Settings, events: int) -> None:
    organisation = _organisation("Heavy", images=10**12)
    seconds = _seconds(lambda: fill_events(organisation, events))
    report.add(f"filling in and rolling up {events} events", seconds, "s")
    browser = Browser(app, f"{organisation.slug}.{settings.base_domain}")
    browser.carry_session(organisation.session_of("Alice"))
    for name, path in PAGES.items():
        _open(browser, path)  # templates are compiled once in a process
        times = [_seconds(lambda path=path: _open(browser, path)) * 1000 for _ in range(LOOKS)]
        goal = 150 if name in ("usage", "analytics, a year") else None
        report.add(f"{name}, {events} events, p95", statistics.quantiles(times, n=20)[-1], "ms", at_most=goal)


PAGES = {
    "usage": "/usage",
    "analytics, a year": "/usage/analytics?days=365",
    "events": "/usage/events",
    "events of a meter": "/usage/events?meter=ai_tokens",
}


def _open(browser: Browser, path: str) -> None:
    assert browser.get(path).status_code == 200, path
