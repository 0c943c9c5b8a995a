"""Rolling up: hours and days added up, late events too, and all of it made anew from the events."""

from datetime import timedelta
from decimal import Decimal

from sqlalchemy import select, text

from saas.core.actor import SYSTEM
from saas.core.clock import ago, now
from saas.core.database import db
from saas.tenancy.scope import tenant_scope, tenant_work
from saas.usage.models import UsageRollup, UsageTotal
from saas.usage.operations.rolling import rebuild, roll_up
from saas.usage.queries import rolled_up_at
from tests.cast import Organisation
from tests.usage.conftest import total_of, use


def rolled(
    organisation: Organisation, grain: str, facet: str = ""
) -> dict[tuple[str, str], tuple[Decimal, Decimal, int]]:
    """What is rolled up of a grain and facet, added over time: by meter and value."""
    with tenant_scope(organisation):
        found = db.session.scalars(select(UsageRollup).where(UsageRollup.grain == grain, UsageRollup.facet == facet))
        sums: dict[tuple[str, str], tuple[Decimal, Decimal, int]] = {}
        for row in found:
            quantity, cost, events = sums.get((row.meter, row.value), (Decimal(0), Decimal(0), 0))
            sums[row.meter, row.value] = (quantity + row.quantity, cost + row.cost, events + row.events)
        return sums


def work(organisation: Organisation) -> None:
    """Use some of everything, at several times."""
    for days in range(6):
        use(
            organisation,
            "images",
            days + 1,
            at=now() - timedelta(days=days, hours=days),
            outcome="ok",
            module="pictures",
        )
        use(organisation, "ai_tokens", 100, dimension=("swift", "deep")[days % 2], at=now() - timedelta(days=days))
    use(organisation, "images", 2, outcome="failed", duration_ms=40)
    use(organisation, "storage", Decimal("1.5"))
    use(organisation, "storage", Decimal("-0.5"))


def snapshot(organisation: Organisation) -> list[tuple[object, ...]]:
    """Totals and roll-ups, row by row."""
    with tenant_scope(organisation):
        return [
            tuple(row)
            for table in (UsageTotal.__table__, UsageRollup.__table__)
            for row in db.session.execute(select(table).order_by(*table.primary_key))
        ]


class TestRollingUp:
    def test_hours_and_days_add_up_to_the_totals_in_every_facet(self, on_plan):
        pro = on_plan("pro")
        work(pro)
        with tenant_work(pro):
            assert roll_up() > 0
        for grain in ("hour", "day", "month"):
            assert rolled(pro, grain)["images", ""][0] == 23
        for facet in ("dimension", "module", "user"):
            assert rolled(pro, "month", facet) == rolled(pro, "day", facet)
        assert rolled(pro, "day", "dimension")["ai_tokens", "deep"][0] == 300
        assert rolled(pro, "day", "module")["images", "pictures"][0] == 21
        assert sum(row[2] for row in rolled(pro, "day", "user").values()) == 14, (
            "what is given back is no event of its own"
        )

    def test_a_late_event_changes_its_own_hour_and_day(self, on_plan):
        pro = on_plan("pro")
        with ago(timedelta(days=9)):
            use(pro, "images", 1)
        with tenant_work(pro):
            roll_up()
        use(pro, "images", 5, at=now() - timedelta(days=9))
        with tenant_work(pro):
            roll_up()
            assert rolled_up_at() is not None
        assert rolled(pro, "hour") == rolled(pro, "day") == rolled(pro, "month")
        assert rolled(pro, "day")["images", ""][::2] == (6, 2)


class TestRebuilding:
    def test_all_of_it_is_the_same_when_made_anew(self, on_plan):
        pro = on_plan("pro")
        work(pro)
        use(pro, "peak", 4)
        use(pro, "peak", 2)
        with tenant_work(pro):
            roll_up()
        before = snapshot(pro)
        with tenant_work(pro):
            assert rebuild(actor=SYSTEM) == 0
        assert snapshot(pro) == before

    def test_a_total_that_is_wrong_is_mended(self, on_plan, saas):
        pro = on_plan("pro")
        work(pro)
        with tenant_work(pro) as session:
            this_month = "meter = 'images' AND period = date_trunc('month', now())"
            session.execute(text(f"UPDATE usage_totals SET used = used + 1, cost = 0 WHERE {this_month}"))
        with tenant_work(pro) as session:
            stray = "INSERT INTO usage_totals VALUES ('peak', date_trunc('month', now())::date, 5, 9, 1)"
            session.execute(text(stray))
        assert "2 totals differed" in saas("usage", "rebuild", pro.slug).output
        with tenant_scope(pro):
            used = db.session.scalars(select(UsageTotal.used).where(UsageTotal.meter == "images")).all()
        assert sum(used) == 23
        assert total_of(pro, "storage").used == 1


class TestCommandLine:
    def test_shows_what_is_used_beside_the_plan(self, on_plan, saas):
        pro = on_plan("pro")
        use(pro, "images", 12)
        shown = saas("usage", "show", pro.slug)
        assert shown.exit_code == 0
        line = next(line for line in shown.output.splitlines() if line.startswith("images"))
        for told in ("12 images", "unlimited", "€0.10"):
            assert told in line
        assert '"meter": "images"' in saas("usage", "show", pro.slug, "--json").output
        assert saas("usage", "show", pro.slug, "--month", "2026-13").exit_code == 2
        assert saas("usage", "show", "nobody-here").exit_code == 1
