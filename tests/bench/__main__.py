"""``make bench``: prints a table and writes instance/bench.json."""

import argparse
import tempfile
from pathlib import Path

from tests.bench import (
    audit,
    billing,
    branding,
    load,
    migrations,
    pages,
    people,
    revenue,
    scoping,
    starting,
    tenants,
    usage,
)
from tests.bench.deployment import deployment
from tests.bench.report import Report

FLEET = 1000
ENTRIES = 1_000_000
EVENTS = 10_000_000


def main() -> None:
    """Measure everything; ``--fleet`` makes the fleet smaller for a quick look."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--fleet", type=int, default=FLEET, help="how many tenants make a large database")
    parser.add_argument("--entries", type=int, default=ENTRIES, help="how many entries make a long audit log")
    parser.add_argument("--events", type=int, default=EVENTS, help="how many events make much usage")
    parts = ["tenants", "pages", "people", "audit", "usage", "billing", "revenue", "branding", "fleet", "start"]
    parser.add_argument("--only", choices=parts, help="measure one part")
    choice = parser.parse_args()
    report = Report()
    print(f"Load by {load.generator()}; commits are durable; ratios hold within this run only.")
    with deployment() as (app, settings), tempfile.TemporaryDirectory() as folder:
        if choice.only in (None, "tenants"):
            report.section("Making a tenant")
            tenants.script(report, "tenant by script, small database", at_most=60)
            tenants.claim(report)
            tenants.sign_up(report, app)
        if choice.only in (None, "pages"):
            report.section("Pages (granian, 2 workers × 4 threads)")
            scoping.scoping(report, settings)
            pages.pages(report, app, settings, Path(folder))
        if choice.only in (None, "people"):
            report.section(f"{people.PEOPLE} people in one organisation")
            people.people(report, app, settings)
        if choice.only in (None, "audit"):
            report.section("An audit log")
            audit.audit(report, app, settings, choice.entries)
        if choice.only in (None, "usage"):
            report.section("Usage")
            usage.usage(report, app, settings, choice.events)
        if choice.only in (None, "revenue"):
            report.section("Revenue")
            revenue.revenue(report, app)
        if choice.only in (None, "billing"):
            report.section("Billing")
            billing.billing(report, app, settings)
            billing.webhooks(report, app, settings)
        if choice.only in (None, "branding"):
            report.section("Branding")
            branding.branding(report, app, settings)
        if choice.only in (None, "fleet"):
            report.section(f"A fleet of {choice.fleet}")
            tenants.fill_up(choice.fleet)
            tenants.script(report, f"tenant by script, {choice.fleet} tenants there", at_most=100)
            migrations.deploy(report, choice.fleet)
            scoping.connection_memory(report, settings)
    if choice.only in (None, "start"):
        report.section("Starting")
        starting.start(report)
    report.write(Path("instance/bench.json"))
    missed = [figure.name for figure in report.figures if figure.met is False]
    print(f"\nWritten to instance/bench.json. {f'Missed: {len(missed)}' if missed else 'Every goal met.'}")


if __name__ == "__main__":
    main()
