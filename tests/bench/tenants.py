"""How long it takes to make a tenant: by script, by claiming a spare, by the whole sign-up request."""

from time import perf_counter

from flask import Flask

from saas.core.actor import SYSTEM
from saas.core.ids import short_id
from saas.tenancy.operations import create_tenant
from saas.tenancy.provisioning import build_spare, owner_connection, top_up
from saas.tenancy.scope import platform_work
from tests.bench.report import Report, median
from tests.support import Browser

ROUNDS, WARM_UP = 50, 100  # until then the database touches its memory for the first time


def script(report: Report, name: str, *, at_most: float) -> None:
    """A schema from nothing to a tenant, both transactions counted."""
    times = []
    with owner_connection() as connection:
        for _ in range(WARM_UP + ROUNDS):
            began = perf_counter()
            build_spare(connection)
            claim_one()
            times.append((perf_counter() - began) * 1000)
    report.add(name, median(times[WARM_UP:]), "ms", at_most=at_most, note=f"median of {ROUNDS}")


def claim(report: Report) -> None:
    """A spare schema becomes a tenant."""
    with owner_connection() as connection:
        top_up(connection, ROUNDS)
    times = []
    for _ in range(ROUNDS):
        began = perf_counter()
        claim_one()
        times.append((perf_counter() - began) * 1000)
    report.add("tenant by claiming a spare schema", median(times), "ms", at_most=5, note=f"median of {ROUNDS}")


def claim_one() -> None:
    """Make a tenant of a spare."""
    with platform_work():
        create_tenant(name="Bench", slug=f"b-{short_id()}", actor=SYSTEM)


def sign_up(report: Report, app: Flask) -> None:
    """The request that a person waits for: password hashed, tenant claimed, account made, mail queued."""
    rounds = 9
    with owner_connection() as connection:
        top_up(connection, rounds + 5)
    times = []
    for _ in range(rounds):
        browser, slug = Browser(app, "bench.example.test"), f"s-{short_id()}"
        browser.get("/sign-up")
        form = {
            "organisation": "Bench",
            "name": "Ada",
            "slug": slug,
            "email": f"ada@{slug}.example.com",
            "password": "violet harbour 27 lamps",
        }
        began = perf_counter()
        response = browser.post("/sign-up", form)
        times.append((perf_counter() - began) * 1000)
        assert response.status_code == 303, (response.status_code, response.text[:2000])
    report.add("whole sign-up request", median(times), "ms", at_most=150, note=f"median of {rounds}")


def fill_up(total: int) -> None:
    """Bring the database to this many tenants."""
    from saas.tenancy.queries import count_by_status

    with platform_work():
        missing = total - sum(count_by_status().values())
    with owner_connection() as connection:
        for number in range(max(0, missing)):
            build_spare(connection)
            claim_one()
            if number % 100 == 99:
                print(f"    {number + 1} of {missing} tenants", flush=True)
