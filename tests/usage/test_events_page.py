"""The events behind the figures: filters that go together, pages without counting, downloads of the same."""

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
import time_machine

from saas.catalogue.current import catalogue, install_catalogue
from saas.core.clock import now
from saas.core.ids import id_at
from saas.tenancy.scope import tenant_scope
from saas.usage import events as finding
from saas.usage.events import Charged, Filter, find_events, place_in, written
from saas.usage.uses import AHEAD
from tests.cast import Organisation
from tests.support import Browser, statements_sent
from tests.usage.conftest import use

NOON = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)
ALL = "since=2020-01-01"


@pytest.fixture
def some_days_later() -> Iterator[None]:
    with time_machine.travel(NOON + timedelta(days=5)):
        yield


@pytest.fixture
def busy(some_days_later, on_plan) -> Organisation:
    """Acme on a plan with prices, which has used this and that."""
    pro = on_plan("pro")
    use(
        pro,
        "images",
        12,
        at=NOON,
        user_id=pro.people["Bob"].id,
        module="workflows",
        resource="run:1",
        outcome="ok",
        duration_ms=80,
    )
    use(
        pro,
        "images",
        3,
        at=NOON + timedelta(hours=1),
        user_id=pro.people["Vera"].id,
        outcome="failed",
        resource="run:2_50%",
    )
    use(pro, "ai_tokens", 7, at=NOON + timedelta(days=1), dimension="deep", user_id=pro.people["Bob"].id)
    use(pro, "storage", Decimal("-0.5"), at=NOON + timedelta(days=2))
    return pro


def downloaded(browser: Browser, query: str) -> list[dict[str, Any]]:
    answer = browser.get(f"/usage/events/export.jsonl?{query}")
    assert answer.mimetype == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


class TestList:
    def test_events_stand_newest_first_with_their_exact_cost(self, busy, browse):
        page = browse(busy, "Alice").get(f"/usage/events?{ALL}").text
        assert page.index("-0.5 GB") < page.index("7 tokens") < page.index("3 images") < page.index("12 images")
        assert "€0.00014" in page
        assert "€0.10" in page
        assert "Succeeded" in page
        assert "80 ms" in page

    @pytest.mark.parametrize(
        ("query", "quantities"),
        [
            ("meter=images", ["3", "12"]),
            ("module=workflows", ["12"]),
            ("outcome=failed", ["3"]),
            ("outcome=none", ["-0.5", "7"]),
            ("dimension=deep", ["7"]),
            ("resource=run", ["3", "12"]),
            ("resource=50%25", ["3"]),
            ("resource=_50", ["3"]),
            ("resource=r_n", []),
            ("person=bob", ["7", "12"]),
            ("person=BOB@", ["7", "12"]),
            ("person=nobody", []),
            ("since=2026-11-17", ["-0.5", "7"]),
            ("until=2026-11-16", ["3", "12"]),
            ("since=2026-11-17&until=2026-11-17", ["7"]),
            ("meter=images&person=bob&outcome=ok", ["12"]),
        ],
    )
    def test_filters_go_together_and_downloads_know_them(self, busy, browse, query, quantities):
        browser = browse(busy, "Alice")
        found = downloaded(browser, f"{query if 'since' in query else f'{ALL}&{query}'}")
        assert [one["quantity"] for one in found] == quantities
        assert browser.get(f"/usage/events?{query}").status_code == 200

    def test_a_person_is_found_by_the_id_that_links_carry_and_named(self, busy, browse):
        bob = busy.people["Bob"].id
        browser = browse(busy, "Alice")
        assert [one["by"]["name"] for one in downloaded(browser, f"{ALL}&person={bob}")] == ["Bob", "Bob"]
        assert '<span class="muted">Who</span> Bob' in browser.get(f"/usage/events?{ALL}&person={bob}").text

    def test_without_a_day_it_goes_back_some_months_and_says_so(self, busy, browse, on_plan):
        use(busy, "images", 4711, at=now() - timedelta(days=200))
        use(busy, "images", 4712, at=now() - timedelta(days=20))
        browser = browse(busy, "Alice")
        page = browser.get("/usage/events").text
        assert "4,712" in page
        assert "4,711" not in page
        assert f'name="since" value="{(now() - timedelta(days=90)).date()}"' in page
        assert "4,711" in browser.get(f"/usage/events?{ALL}").text

    def test_days_are_those_of_the_organisation(self, busy):
        evening = Filter(meter="images", since="2026-11-17", until="2026-11-17")
        with tenant_scope(busy):
            assert [len(find_events(evening, zone=zone)) for zone in ("UTC", "Pacific/Kiritimati")] == [0, 2]

    @pytest.mark.parametrize(
        ("query", "told"),
        [
            ("since=nonsense", "“nonsense” is no day; write it like 2026-11-21."),
            ("since=9999-12-31", "“9999-12-31” is no day"),
            ("until=0001-01-01", "“0001-01-01” is no day"),
            ("outcome=x", "“x” is none of ok, failed, none."),
            ("person=%00", "holds characters that cannot be searched for."),
            (f"resource={'x' * 201}", "is longer than 200 characters."),
            ("meter=imagse", "“imagse” is no meter, and nothing was ever counted by that name."),
            ("metre=images", "is no filter; there are meter, since,"),
            ("module=workflows&module=renders", "is given more than once."),
        ],
    )
    def test_what_is_not_understood_is_told_and_the_rest_is_shown_or_not_downloaded(self, busy, browse, query, told):
        use(busy, "ai_tokens", 9, at=now() - timedelta(days=1), dimension="deep")
        browser = browse(busy, "Alice")
        answer = browser.get(f"/usage/events?dimension=deep&{query}")
        assert (answer.status_code, told in answer.text) == (200, True)
        assert ("12 images" in answer.text, "9 tokens" in answer.text) == (False, True)
        for name in ("export.csv", "export.jsonl"):
            refused = browser.get(f"/usage/events/{name}?{query}")
            name_of_filter = query.partition("=")[0]
            assert (refused.status_code, f"{name_of_filter}: " in refused.text, told in refused.text) == (
                400,
                True,
                True,
            )
            assert browser.get(f"/usage/events/{name}?dimension=deep&outcome=&person=").status_code == 200

    @pytest.mark.parametrize("place", ["x", "2026-11-16~x"])
    def test_a_place_that_is_none_is_told_and_the_newest_are_shown(self, busy, browse, place):
        browser = browse(busy, "Alice")
        assert "is no place in this list" in browser.get(f"/usage/events?{ALL}&after={place}").text
        assert "not understood" not in browser.get(f"/usage/events?{ALL}&after=").text
        assert browser.get(f"/usage/events/export.csv?{ALL}&after={place}").status_code == 400

    def test_a_meter_that_is_sold_no_more_is_still_one(self, busy, browse):
        sold = catalogue()
        try:
            install_catalogue(
                sold.model_copy(update={"meters": {n: m for n, m in sold.meters.items() if n != "images"}})
            )
            assert [one["quantity"] for one in downloaded(browse(busy, "Alice"), f"{ALL}&meter=images")] == ["3", "12"]
        finally:
            install_catalogue(sold)

    def test_only_who_sees_costs_comes_in(self, busy, browse):
        for path in ("/usage/events", "/usage/events/export.csv", "/usage/events/export.jsonl"):
            assert browse(busy, "Bob").get(path).status_code == 403
            assert browse(busy, "Adam").get(path).status_code == 200

    def test_nobody_sees_another_organisations_events(self, busy, umbrella, browse):
        assert downloaded(browse(umbrella, "Charlie"), ALL) == []


@pytest.mark.usefixtures("some_days_later")
class TestPages:
    def test_pages_follow_each_other_without_gap_or_repetition(self, on_plan, monkeypatch):
        pro = on_plan("pro")
        for number in range(11):
            use(pro, ("images", "api_calls")[number % 2], number + 1, at=NOON + timedelta(hours=number // 3))
        seen, place = [], None
        with tenant_scope(pro):
            for _ in range(4):
                found = find_events(Filter(since="2026-11-01"), zone="UTC", after=place, limit=3)
                seen += [(event.at, event.id) for event in found]
                place = place_in(written((found[-1].at, found[-1].id)))
        assert len(set(seen)) == 11
        assert seen == sorted(seen, reverse=True)

    def test_a_page_links_to_older_events_and_back(self, on_plan, browse, monkeypatch):
        pro = on_plan("pro")
        for number in range(3):
            use(pro, "images", 101 + number, at=NOON + timedelta(hours=number))
        monkeypatch.setattr("saas.usage.routes.events.PER_PAGE", 2)
        browser = browse(pro, "Alice")
        page = browser.get(f"/usage/events?{ALL}&meter=images").text
        assert "103 images" in page
        assert "101 images" not in page
        older = page.split('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
        second = browser.get(older).text
        assert "101 images" in second
        assert "103 images" not in second
        assert ">Newest</span>" in second
        assert ">Older</span>" not in second

    def test_a_page_costs_as_many_statements_however_many_events_there_are(self, busy, browse):
        browser = browse(busy, "Alice")
        browser.get(f"/usage/events?{ALL}")
        with statements_sent() as few:
            browser.get(f"/usage/events?{ALL}")
        for number in range(60):
            use(busy, "images", 1, at=NOON + timedelta(minutes=number), user_id=busy.people["Adam"].id)
        with statements_sent() as many:
            browser.get(f"/usage/events?{ALL}")
        assert len(many) == len(few) <= 5, "\n".join(many)
        assert not [one for one in many if "count(" in one.lower() and "usage_" in one]


@pytest.mark.usefixtures("some_days_later")
class TestDownloads:
    def test_lines_of_csv_hold_exact_amounts(self, busy, browse):
        answer = browse(busy, "Alice").get(f"/usage/events/export.csv?{ALL}")
        assert answer.mimetype == "text/csv"
        head, *rows = csv.reader(StringIO(answer.text))
        found = [dict(zip(head, row, strict=True)) for row in rows]
        assert [one["Quantity"] for one in found] == ["-0.5", "7", "3", "12"]
        assert head[0] == "Id"
        assert [row[0] for row in rows] == [one["id"] for one in downloaded(browse(busy, "Alice"), ALL)]
        assert [one["Cost"] for one in found[1:]] == ["0.00014", "0.15", "0.10"]
        assert found[3]["At"] == "2026-11-16T12:00:00+00:00"
        assert (found[3]["Who"], found[3]["Resource"], found[3]["Milliseconds"]) == ("Bob", "run:1", "80")

    def test_objects_hold_exact_amounts_as_text(self, busy, browse):
        newest, tokens, *_ = downloaded(browse(busy, "Alice"), ALL)
        assert (tokens["quantity"], tokens["cost"], tokens["currency"]) == ("7", "0.00014", "EUR")
        assert tokens["by"] == {"kind": "member", "id": str(busy.people["Bob"].id), "name": "Bob"}
        assert newest["by"]["id"] is None
        assert newest["duration_ms"] is None

    def test_all_batches_come(self, on_plan, browse, monkeypatch):
        pro = on_plan("pro")
        for number in range(7):
            use(pro, "images", number + 1, at=NOON + timedelta(hours=number % 2))
        monkeypatch.setattr(finding, "BATCH", 2)
        found = downloaded(browse(pro, "Alice"), ALL)
        assert sorted(int(one["quantity"]) for one in found) == list(range(1, 8))


def test_what_one_line_charged_is_looked_for_in_its_own_time(on_plan):
    """Not from today on backwards; programs whose clocks are ahead are in it, as far as they may be."""
    pro, began = on_plan("pro"), now() - timedelta(days=5)
    use(pro, "images", 12, at=began)
    before = id_at(now())
    use(pro, "images", 4, at=now() + AHEAD - timedelta(seconds=30))
    charged = Charged(began, before, id_at(now() + timedelta(seconds=1)))
    with tenant_scope(pro), statements_sent() as sent:
        found = find_events(Filter(meter="images", charged=charged.written), zone="UTC")
    assert [event.quantity for event in found] == [4]
    assert ".at <=" in sent[-1]
