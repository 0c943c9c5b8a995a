"""Strategies on the pages: the choice of a kind, the form, the list, setting them live, deletion."""

import csv
import re
from io import StringIO

import pytest
from sqlalchemy import text

from saas.core.access import Rights, Source
from saas.core.actor import SYSTEM, Actor
from saas.core.errors import Conflict, NotAllowed
from saas.modules.strategies.operations.strategies import Draft, change_strategy, create_strategy, set_status
from saas.modules.strategies.queries import count_strategies_of, get_strategy
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.log import news
from tests.modules.strategies.conftest import usual

NEW = "/strategies/new"
TREND = f"{NEW}?kind=moving_average"


def form(place, **fields) -> dict[str, str]:
    usual_fields = {"name": "Trend", "exchange": str(place), "market": "ETH-EUR", "fast": "5", "slow": "20"}
    return usual_fields | fields


def names(page: str) -> list[str]:
    """The names of the strategies in a list, in their order."""
    return re.findall(r'<a class="strong" href="/strategies/[^"]+">([^<]*)</a>', page)


def version(page: str) -> str:
    """What an edit form says it was made from."""
    return re.search(r'name="version"[^>]*value="([^"]*)"', page)[1]


def test_a_kind_is_chosen_and_the_form_asks_what_that_kind_must_be_told(acme, browse, connect):
    connect(acme)
    bob = browse(acme, "Bob")
    page = bob.get(NEW).text
    assert page.count(f'href="{NEW}?kind=') == 5
    assert "Compare plans" not in page
    trend = bob.get(TREND).text
    assert 'name="fast"' in trend
    assert 'value="12"' in trend
    assert 'name="deviations"' not in trend
    assert 'name="deviations"' in bob.get(f"{NEW}?kind=pairs").text
    assert "How should it trade?" in bob.get(f"{NEW}?kind=luck").text


def test_a_strategy_is_made_as_a_draft(acme, browse, connect):
    bob = browse(acme, "Bob")
    made = bob.post(TREND, form(connect(acme)))
    assert made.status_code == 303
    page = bob.follow(made).text
    assert "The strategy is ready." in page
    assert "ETH-EUR" in page
    assert "20 hours" in page
    assert ">Draft<" in re.sub(r'<span class="badge-dot"[^>]*></span>', "", page)
    with tenant_scope(acme):
        assert count_strategies_of(acme.people["Bob"].id) == 1


def test_without_an_exchange_the_form_says_who_can_add_one(acme, browse):
    assert "Add an exchange" in browse(acme, "Adam").get(TREND).text
    bob = browse(acme, "Bob")
    assert "An owner or admin can add one." in bob.get(TREND).text
    refused = bob.post(TREND, form(""))
    assert refused.status_code == 422
    assert "Choose an exchange of yours." in refused.text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": " "}, "This is needed."),
        ({"name": "x" * 101}, "Use at most 100 characters."),
        ({"market": "GOLD-USD"}, "Please choose one of these."),
        ({"exchange": "01a1fd26-b999-7760-8fe3-81b22121fc17"}, "Please choose one of these."),
        ({"fast": "0"}, "Give a number from 2 to 200."),
        ({"fast": "soon"}, "Please enter a number."),
        ({"fast": "30"}, "The long average must be longer than the short one."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(acme, browse, connect, change, message):
    bob = browse(acme, "Bob")
    refused = bob.post(TREND, form(connect(acme), **change))
    assert refused.status_code == 422
    assert message in refused.text
    assert "Trend" in refused.text or "name" in change
    assert names(bob.get("/strategies").text) == []


def test_a_change_keeps_the_kind_and_the_second_of_two_is_told(acme, browse, connect, make):
    place = connect(acme)
    edit = f"/strategies/{make(acme, 'Trend', exchange=place)}/edit"
    alice, bob = browse(acme, "Alice"), browse(acme, "Bob")
    first, second = version(alice.get(edit).text), version(bob.get(edit).text)
    assert alice.post(edit, form(place, name="Alice's", version=first)).status_code == 303
    refused = bob.post(edit, form(place, name="Bob's", version=second))
    assert refused.status_code == 422
    assert "Somebody changed this strategy while you edited it." in refused.text
    assert 'value="Bob&#39;s"' in refused.text
    assert bob.post(edit, form(place, name="Bob's", version=version(refused.text))).status_code == 303
    assert "Bob&#39;s" in bob.get("/strategies").text


def test_a_strategy_is_set_live_and_paused(acme, browse, make):
    strategy_id = make(acme, "Trend")
    bob = browse(acme, "Bob")
    assert "Set live" in bob.get(f"/strategies/{strategy_id}").text
    live = bob.post(f"/strategies/{strategy_id}/status", {"status": "live"})
    assert "is live and trades from the next hour on" in bob.follow(live).text
    paused = bob.post(f"/strategies/{strategy_id}/status", {"status": "paused"})
    assert "“Trend” is paused." in bob.follow(paused).text
    odd = bob.post(f"/strategies/{strategy_id}/status", {"status": "rich"})
    assert "Please choose one of these." in bob.follow(odd).text
    with tenant_scope(acme):
        assert get_strategy(strategy_id).status == "paused"


def test_the_list_is_searched_filtered_ordered_and_cut_into_pages(acme, browse, connect, make):
    place = connect(acme)
    make(acme, "Zebra", exchange=place, status="live")
    make(acme, "apple", exchange=place, kind="pairs", market="ETH-EUR")
    vera = browse(acme, "Vera")
    assert names(vera.get("/strategies?sort=name").text) == ["apple", "Zebra"]
    assert names(vera.get("/strategies?sort=-name").text) == ["Zebra", "apple"]
    assert names(vera.get("/strategies?q=eth").text) == ["apple"]
    assert names(vera.get("/strategies?status=live").text) == ["Zebra"]
    assert names(vera.get("/strategies?kind=pairs").text) == ["apple"]
    assert "Nothing matches" in vera.get("/strategies?q=pear").text
    for number in range(24):
        make(acme, f"One {number}", exchange=place)
    assert "1–25" in vera.get("/strategies").text
    assert len(names(vera.get("/strategies?page=2").text)) == 1


@pytest.mark.parametrize("query", ["sort=latest", "page=x", "status=rich", "kind=luck", "q=%00"])
def test_an_address_that_makes_no_sense_shows_the_list(acme, browse, make, query):
    make(acme, "Trend")
    for path in ("/strategies", "/strategies/export.csv", "/api/strategies"):
        answer = browse(acme, "Vera").get(f"{path}?{query}")
        assert answer.status_code == 200
        assert "Trend" in answer.text


def test_an_empty_list_says_what_to_do_to_whoever_may_do_it(acme, browse):
    assert "No strategies yet" in browse(acme, "Vera").get("/strategies").text
    assert f'href="{NEW}"' not in browse(acme, "Vera").get("/strategies").text
    assert f'href="{NEW}"' in browse(acme, "Bob").get("/strategies").text


def test_the_list_costs_the_same_however_long_it_is(acme, browse, make, attempt, statements):
    attempt(acme, make(acme, "One"))
    vera = browse(acme, "Vera")
    vera.get("/strategies")
    statements.clear()
    vera.get("/strategies")
    few = len(statements)
    for name in ("Two", "Three"):
        attempt(acme, make(acme, name))
    statements.clear()
    assert len(names(vera.get("/strategies").text)) == 3
    assert len(statements) == few
    assert not any("outcome" in sent for sent in statements if "LATERAL" in sent)


def test_the_csv_holds_what_the_list_finds_and_no_formula(acme, browse, make):
    make(acme, "=SUM(A1)")
    head, *rows = csv.reader(StringIO(browse(acme, "Vera").get("/strategies/export.csv").text))
    assert head[:4] == ["Name", "Kind", "Exchange", "Market"]
    assert rows[0][:2] == ["'=SUM(A1)", "Moving average"]
    assert "short average 12 hours" in rows[0][4]


def test_only_admins_delete(acme, browse, make):
    strategy_id = make(acme, "Trend")
    bob, adam = browse(acme, "Bob"), browse(acme, "Adam")
    assert "Delete this strategy?" not in bob.get(f"/strategies/{strategy_id}").text
    assert bob.post(f"/strategies/{strategy_id}/delete").status_code == 403
    assert "Delete this strategy?" in adam.get(f"/strategies/{strategy_id}").text
    deleted = adam.post(f"/strategies/{strategy_id}/delete")
    assert "“Trend” is deleted." in adam.follow(deleted).text
    assert adam.get(f"/strategies/{strategy_id}").status_code == 404


def test_whoever_only_looks_changes_nothing(acme, browse, connect, make):
    strategy_id = make(acme, "Trend")
    vera, bob = browse(acme, "Vera"), browse(acme, "Bob")
    page = vera.get(f"/strategies/{strategy_id}").text
    assert "Set live" not in page
    assert "Run backtest" not in page
    for path in (NEW, TREND, f"/strategies/{strategy_id}/edit"):
        assert bob.get(path).status_code == 200
        assert vera.get(path).status_code == 403
    for path in ("status", "backtests"):
        assert vera.post(f"/strategies/{strategy_id}/{path}", page="/strategies").status_code == 403
    with tenant_scope(acme), pytest.raises(NotAllowed):
        set_status(get_strategy(strategy_id), "live", actor=Actor("member", "Vera"))


def test_the_log_tells_what_changed_and_nothing_where_nothing_did(acme, browse, connect, make):
    place = connect(acme)
    with news(acme) as made:
        strategy_id = make(acme, "Trend", exchange=place)
    assert (made.only.event, made.only.changes["kind"]) == ("strategies.strategy.created", [None, "Moving average"])
    draft = Draft("Trend", place, "ETH-USD", "moving_average", usual("moving_average"))
    with news(acme) as changed, tenant_work(acme):
        change_strategy(get_strategy(strategy_id, to_change=True), draft, actor=SYSTEM)
    assert changed.only.changes == {"market": ["BTC-USD", "ETH-USD"]}
    with news(acme) as same, tenant_work(acme):
        change_strategy(get_strategy(strategy_id, to_change=True), draft, actor=SYSTEM)
    assert same.entries == []
    with news(acme) as stale, tenant_scope(acme), pytest.raises(Conflict):
        change_strategy(get_strategy(strategy_id), draft, version="x", actor=SYSTEM)
    assert stale.entries == []
    with news(acme) as live, tenant_work(acme):
        set_status(get_strategy(strategy_id, to_change=True), "live", actor=SYSTEM)
    assert live.only.changes == {"status": ["draft", "live"]}
    history = browse(acme, "Adam").get(f"/strategies/{strategy_id}").text.partition('id="history"')[2]
    assert "made the strategy" in history
    assert 'id="history"' not in browse(acme, "Bob").get(f"/strategies/{strategy_id}").text


def test_nobody_sees_or_uses_what_belongs_to_another_organisation(cast, browse, connect, make):
    secret, own = make(cast.umbrella, "Secret"), make(cast.acme, "Ours")
    foreign = connect(cast.umbrella)
    alice = browse(cast.acme, "Alice")
    assert "Secret" not in alice.get("/strategies").text
    for path in ("", "/edit"):
        assert alice.get(f"/strategies/{own}{path}").status_code == 200
        assert alice.get(f"/strategies/{secret}{path}").status_code == 404
    assert alice.post(TREND, form(foreign)).status_code == 422


def test_a_person_who_is_gone_leaves_the_strategy_behind(acme, browse, connect):
    bob, place = acme.people["Bob"], connect(acme)
    with tenant_work(acme):
        actor = Actor("member", "Bob", bob.id, Rights((Source("role", "Member", frozenset({"strategies.edit"})),)))
        draft = Draft("Trend", place, "BTC-USD", "moving_average", usual("moving_average"))
        strategy_id = create_strategy(draft, actor=actor).id
    with tenant_work(acme) as session:
        session.execute(text("DELETE FROM users WHERE id = :id"), {"id": bob.id})
    assert browse(acme, "Vera").get(f"/strategies/{strategy_id}").status_code == 200


def test_the_card_is_one_statement_and_stays_away_while_there_is_nothing(acme, browse, make, statements):
    vera = browse(acme, "Vera")
    assert "Live strategies" not in vera.get("/").text
    make(acme, "Trend", status="live")
    statements.clear()
    page = vera.get("/").text
    assert "Live strategies" in page
    assert sum("FROM strategies" in statement for statement in statements) == 1
