"""TradingBot as it is sold: what its plans open, what they refuse, and the way out that each refusal names."""

from decimal import Decimal

import pytest

from tests.cast import found
from tests.modules.programs import Program, events_of, move_to, used
from tests.support import sold

ADD, NEW, API = "/strategies/exchanges/new", "/strategies/new", "/api/strategies"


@pytest.fixture
def desk(app):
    """An organisation on the first plan of TradingBot, Starter: Ann owns it, Ben works there."""
    with sold("tradingbot"):
        yield found("Desk", owner="Ann", people={"Ben": "member"})


@pytest.fixture
def ann(desk, browse):
    """The owner in a browser."""
    return browse(desk, "Ann")


def exchange_of(desk, browser) -> str:
    """The id of an exchange that was added on the page."""
    page = browser.get(f"{NEW}?kind=moving_average").text
    return page.partition('<option value="')[2].partition('"')[0] or page.partition('selected value="')[2][:36]


def form(exchange: str, name: str, **told: str) -> dict[str, str]:
    return {"name": name, "exchange": exchange, "market": "BTC-USD", **(told or {"fast": "5", "slow": "20"})}


def make(desk, ann, name: str, kind: str = "moving_average", **told: str):
    """Make a strategy as people do."""
    return ann.post(f"{NEW}?kind={kind}", form(exchange_of(desk, ann), name, **told))


def test_the_third_exchange_is_refused_and_professional_has_room(desk, ann):
    for venue in ("kestrel", "halyard"):
        assert ann.post(ADD, {"venue": venue, "label": ""}).status_code == 303
    assert "Your plan has 2 exchanges, and all are in use" in ann.get("/strategies/exchanges").text
    refused = ann.post(ADD, {"venue": "mercato", "label": ""})
    assert refused.status_code == 402
    assert "Your plan has 2 exchanges; 2 exchanges are in use. Professional, Enterprise" in refused.text
    assert 'href="/plan"' in refused.text
    assert "Mercato" not in ann.get("/strategies/exchanges").text
    move_to(desk, "professional")
    assert ann.post(ADD, {"venue": "mercato", "label": ""}).status_code == 303


def test_the_fourth_strategy_is_refused_and_a_deleted_one_makes_room(desk, ann):
    ann.post(ADD, {"venue": "kestrel", "label": ""})
    made = [make(desk, ann, f"Trend {number}") for number in range(3)]
    assert {one.status_code for one in made} == {303}
    refused = make(desk, ann, "Trend 4")
    assert refused.status_code == 402
    assert "Your plan has 3 strategies; 3 strategies are in use. Professional, Enterprise" in refused.text
    assert "Your plan has 3 strategies, and all are in use" in ann.get("/strategies").text
    ann.post(f"{made[0].headers['Location']}/delete")
    assert make(desk, ann, "Trend 4").status_code == 303
    assert make(desk, ann, "Trend 5").status_code == 402
    move_to(desk, "professional")
    assert make(desk, ann, "Trend 5").status_code == 303


def test_an_advanced_kind_is_locked_on_starter_and_open_on_professional(desk, ann):
    ann.post(ADD, {"venue": "kestrel", "label": ""})
    told = {"window": "48", "rise": "3"}
    choice = ann.get(NEW).text
    assert choice.count(">In Professional<") == 3
    assert "Professional, Enterprise, Institutional have them." in choice
    assert f'href="{NEW}?kind=momentum"' not in choice
    assert ann.get(f"{NEW}?kind=momentum").status_code == 402
    refused = make(desk, ann, "Flow", "momentum", **told)
    assert refused.status_code == 402
    assert (
        "“Advanced strategies” is not in your plan. Professional, Enterprise and Institutional have it." in refused.text
    )
    move_to(desk, "professional")
    assert f'href="{NEW}?kind=momentum"' in ann.get(NEW).text
    made = make(desk, ann, "Flow", "momentum", **told)
    assert made.status_code == 303
    where = made.headers["Location"]
    move_to(desk, "starter")
    assert ann.post(f"{where}/status", {"status": "live"}).status_code == 402
    assert ann.post(f"{where}/backtests", {"days": "30", "capital": "1000"}).status_code == 402
    move_to(desk, "professional")
    assert ann.post(f"{where}/status", {"status": "live"}).status_code == 303


def test_programs_are_refused_on_starter_and_come_in_on_professional(desk, app):
    program = Program(app, desk, "strategies.view")
    refused = program.get(API)
    assert refused.status_code == 402
    assert refused.mimetype == "application/problem+json"
    assert (refused.json["code"], refused.json["feature"]) == ("feature_locked", "api")
    assert refused.json["plans"] == ["professional", "enterprise", "institutional"]
    assert used(desk, "api_calls") == 0
    move_to(desk, "professional")
    assert program.get(API).status_code == 200
    assert used(desk, "api_calls") == 1


def test_backtests_are_counted_with_the_computing_they_took(desk, ann, run_jobs):
    ann.post(ADD, {"venue": "kestrel", "label": ""})
    where = make(desk, ann, "Trend").headers["Location"]
    for days in ("30", "90"):
        assert ann.post(f"{where}/backtests", {"days": days, "capital": "1000"}).status_code == 303
    assert (used(desk, "backtests_run"), used(desk, "compute_minutes")) == (2, 0)
    run_jobs()
    assert used(desk, "compute_minutes") == Decimal("1.440")
    assert {event.quantity for event in events_of(desk, "compute_minutes")} == {Decimal("0.360"), Decimal("1.080")}
    assert {event.actor_id for event in events_of(desk, "compute_minutes")} == {desk.people["Ann"].id}
    assert used(desk, "storage_mb") > 0
    assert "1.08 min" in ann.get(where).text
