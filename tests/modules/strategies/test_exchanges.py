"""Exchanges: adding them, and removing those that nothing uses."""

import pytest

from saas.core.actor import SYSTEM, Actor
from saas.core.errors import Conflict, NotAllowed
from saas.core.runtime import runtime
from saas.modules.strategies.operations.exchanges import add_exchange, remove_exchange
from saas.modules.strategies.queries import count_exchanges, get_exchange
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.log import news

ADD, LIST = "/strategies/exchanges/new", "/strategies/exchanges"


def test_an_admin_adds_an_exchange_and_everybody_sees_it(acme, browse):
    adam = browse(acme, "Adam")
    assert "No exchanges yet" in adam.get(LIST).text
    assert adam.get(ADD).text.count('type="radio"') == 5
    added = adam.post(ADD, {"venue": "halyard", "label": "Reserve"})
    assert "Reserve (Halyard) is connected." in adam.follow(added).text
    assert "Reserve" in browse(acme, "Vera").get(LIST).text
    assert "Kestrel is connected." in adam.follow(adam.post(ADD, {"venue": "kestrel"})).text


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({}, "Please choose one of these."),
        ({"venue": "moon"}, "Please choose one of these."),
        ({"venue": "kestrel", "label": "x" * 101}, "Use at most 100 characters."),
        ({"venue": "kestrel", "label": "a\0b"}, "characters that cannot be used"),
    ],
)
def test_what_is_wrong_is_said(acme, browse, sent, message):
    refused = browse(acme, "Adam").post(ADD, {"label": "", **sent})
    assert refused.status_code == 422
    assert message in refused.text
    with tenant_scope(acme):
        assert count_exchanges() == 0


def test_one_that_is_traded_on_stays_until_nothing_trades_there(acme, browse, connect, make):
    used, idle = connect(acme, label="Used"), connect(acme, label="Idle")
    strategy_id, adam = make(acme, "Trend", exchange=used), browse(acme, "Adam")
    page = adam.get(LIST).text
    assert f"remove-{idle}" in page
    assert f"remove-{used}" not in page
    refused = adam.post(f"{LIST}/{used}/remove")
    assert "A strategy trades on Used." in adam.follow(refused).text
    assert "Idle (Kestrel) is removed." in adam.follow(adam.post(f"{LIST}/{idle}/remove")).text
    adam.post(f"/strategies/{strategy_id}/delete")
    assert "Used (Kestrel) is removed." in adam.follow(adam.post(f"{LIST}/{used}/remove")).text


def test_members_look_and_admins_connect(acme, browse, connect):
    exchange_id = connect(acme)
    bob, adam = browse(acme, "Bob"), browse(acme, "Adam")
    assert "Add exchange" not in bob.get(LIST).text
    assert "Add exchange" in adam.get(LIST).text
    assert bob.get(ADD).status_code == 403
    assert bob.post(f"{LIST}/{exchange_id}/remove", page="/strategies").status_code == 403
    with tenant_scope(acme), pytest.raises(NotAllowed):
        add_exchange(venue="kestrel", actor=Actor("member", "Bob"))


def test_what_stands_is_counted(acme, connect, make):
    standing = runtime().registry.standing
    place = connect(acme)
    make(acme, "Trend", exchange=place)
    with tenant_scope(acme):
        assert (standing["exchanges"](), standing["strategies"]()) == (1, 1)


def test_the_log_tells_of_both(acme, connect, make):
    with news(acme) as told:
        exchange_id = connect(acme, "mercato", "Mine")
    assert (told.only.event, told.only.target_label) == ("strategies.exchange.added", "Mine")
    with news(acme) as removed, tenant_work(acme):
        remove_exchange(get_exchange(exchange_id, to_change=True), actor=SYSTEM)
    assert removed.only.event == "strategies.exchange.removed"
    used = connect(acme, label="Used")
    make(acme, "Trend", exchange=used)
    with news(acme) as refused, tenant_scope(acme), pytest.raises(Conflict):
        remove_exchange(get_exchange(used), actor=SYSTEM)
    assert refused.entries == []
