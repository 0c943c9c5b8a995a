"""Strategies for programs, with a key."""

import pytest

from saas.modules.strategies.queries import find_backtests
from saas.tenancy.scope import tenant_scope
from tests.modules.programs import Program

PATH = "/api/strategies"


@pytest.fixture
def program(app, acme) -> Program:
    """A program that may look and run backtests."""
    return Program(app, acme, "strategies.view", "strategies.run")


def test_the_list_has_pages_search_and_what_strategies_are_told(program, acme, make):
    make(acme, "Trend")
    make(acme, "Twins", kind="pairs", market="ETH-EUR")
    listed = program.get(f"{PATH}?sort=name").json
    assert (listed["total"], [item["name"] for item in listed["items"]]) == (2, ["Trend", "Twins"])
    assert listed["items"][0]["parameters"] == {"fast": "12", "slow": "48"}
    assert listed["items"][0]["exchange"]["venue"] == "kestrel"
    assert [item["name"] for item in program.get(f"{PATH}?kind=pairs").json["items"]] == ["Twins"]
    assert program.get(f"{PATH}?status=live").json["items"] == []


def test_one_strategy_comes_with_its_latest_trades(program, acme, make):
    strategy_id = make(acme, "Trend")
    one = program.get(f"{PATH}/{strategy_id}").json
    assert (one["name"], one["latest_trades"], one["profit"]) == ("Trend", [], "0")


def test_a_backtest_is_accepted_and_can_be_watched(program, acme, make, run_jobs, browse):
    strategy_id = make(acme, "Trend")
    accepted = program.post(f"{PATH}/{strategy_id}/backtests", {"days": 30, "capital": "2500.50"})
    assert accepted.status_code == 202
    assert (accepted.json["status"], accepted.json["capital"]) == ("queued", "2500.50")
    run_jobs()
    done = program.get(accepted.headers["Location"]).json
    assert (done["id"], done["status"], done["days"]) == (accepted.json["id"], "succeeded", 30)
    assert len(done["outcome"]["curve"]) == 30
    assert float(done["compute_minutes"]) == 0.36
    assert program.post(f"{PATH}/{strategy_id}/backtests").json["days"] == 90
    assert "A program" in browse(acme, "Vera").get(f"/strategies/{strategy_id}").text


@pytest.mark.parametrize(
    "body", [{"days": 31}, {"days": "30"}, {"days": True}, {"capital": 1}, {"capital": "much"}, {"capital": None}]
)
def test_what_is_wrong_is_a_problem(program, acme, make, body):
    strategy_id = make(acme, "Trend")
    refused = program.post(f"{PATH}/{strategy_id}/backtests", body)
    assert refused.status_code == 422
    assert refused.mimetype == "application/problem+json"
    assert program.post(f"{PATH}/{strategy_id}/backtests", {"days": 30}).status_code == 202


@pytest.mark.parametrize(
    "body", [[1], [{"days": 30}], "days", 7, {"days": [30]}, {"capital": ["1000"]}, {"capital": {}}]
)
def test_a_list_or_an_object_in_the_wrong_place_orders_nothing(program, acme, make, body):
    strategy_id = make(acme, "Trend")
    assert program.post(f"{PATH}/{strategy_id}/backtests", body).status_code == 422
    with tenant_scope(acme) as session:
        assert session.scalars(find_backtests(strategy_id)).all() == []


def test_what_is_not_there_and_what_is_not_allowed_are_refused(program, app, cast, make):
    ours, theirs = make(cast.acme, "Ours"), make(cast.umbrella, "Secret")
    viewer = Program(app, cast.acme, "strategies.view")
    assert viewer.post(f"{PATH}/{ours}/backtests").status_code == 403
    assert program.post(f"{PATH}/{theirs}/backtests").status_code == 404
    assert program.get(f"{PATH}/{theirs}").status_code == 404
    assert program.post(f"{PATH}/{ours}/backtests").status_code == 202
