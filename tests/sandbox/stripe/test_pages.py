"""The control page: what it shows, and its switches."""

import urllib.error
import urllib.request
from html import escape
from urllib.parse import urlencode

import pytest
import stripe

from saas.sandbox.stripe import webhooks
from saas.sandbox.stripe.endpoints import add_endpoint
from saas.sandbox.stripe.pages.control import moment, month_from
from saas.sandbox.stripe.server import Running, serving
from saas.sandbox.stripe.store import Store
from tests.sandbox.stripe.conftest import SECRET, Receiver

Api = stripe.V1Services


def page(sandbox: Running, path: str, form: dict[str, str] | None = None, **headers: str) -> str:
    """A page; with a form, the one that comes after it was sent."""
    body = None if form is None else urlencode(form).encode()
    asked = urllib.request.Request(sandbox.url + path, body, {k.replace("_", "-"): v for k, v in headers.items()})
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with browser.open(asked) as answer:
        text: str = answer.read().decode()
    return text


def test_every_page_says_that_payments_are_simulated(api: Api, sandbox: Running, customer: stripe.Customer) -> None:
    event = api.events.list().data[0]
    for path in ("/", f"/objects/{customer.id}", f"/objects/{event.id}"):
        assert "Payments are simulated." in page(sandbox, path)


def test_the_control_page_shows_what_there_is(api: Api, sandbox: Running, customer: stripe.Customer) -> None:
    text = page(sandbox, "/")
    assert customer.id in text
    assert "ann@example.com" in text
    assert "customer.created" in text
    assert "whsec" not in text


def test_lists_are_paged_newest_first_and_one_of_them_is_open(api: Api, sandbox: Running) -> None:
    made = [api.customers.create({"name": f"Customer {number}"}).id for number in range(12)]
    first, second = page(sandbox, "/?open=customer"), page(sandbox, "/?open=customer&page=2")
    assert ([id in first for id in made], [id in second for id in made]) == (
        [False] * 2 + [True] * 10,
        [True] * 2 + [False] * 10,
    )
    assert (first.count("<details"), first.count(" open><summary>")) == (5, 1)
    assert made[0] in page(sandbox, "/?open=customer&page=99")


@pytest.mark.parametrize("name", ["Keystone", "Mills & Sons"])
def test_pages_for_customers_name_the_seller(name: str) -> None:
    with serving(Store(seller=name)) as running:
        assert f'<span class="pay-name">{escape(name)}</span>' in said(running, "/c/pay/unknown")


def said(sandbox: Running, path: str) -> str:
    """A page that says that there is none."""
    with pytest.raises(urllib.error.HTTPError) as error:
        page(sandbox, path)
    return error.value.read().decode()


@pytest.mark.parametrize(("step", "seconds"), [("hour", 3600), ("day", 86_400), ("week", 604_800)])
def test_time_is_moved_by_a_button(sandbox: Running, step: str, seconds: int) -> None:
    before = sandbox.store.now()
    assert "now." in page(sandbox, "/advance", {"step": step})
    assert seconds <= sandbox.store.now() - before <= seconds + 60


def test_where_the_clock_was_moved_every_page_says_how_far_it_is_ahead(sandbox: Running) -> None:
    assert "ahead of" not in page(sandbox, "/") + said(sandbox, "/c/pay/unknown")
    page(sandbox, "/advance", {"step": "day"})
    assert "This clock is 1 day ahead of your computer’s." in page(sandbox, "/")
    page(sandbox, "/advance", {"step": "week"})
    for text in (page(sandbox, "/"), said(sandbox, "/c/pay/unknown")):
        assert "This clock is 8 days ahead of your computer’s." in text


def test_a_month_is_a_month_of_the_calendar(sandbox: Running) -> None:
    january = 1_769_817_600  # 31 January 2026
    assert f"{moment(january + month_from(january)):%d %m %Y}" == "28 02 2026"
    before = sandbox.store.now()
    page(sandbox, "/advance", {"step": "month"})
    assert 28 <= (sandbox.store.now() - before) / 86_400 <= 32


@pytest.mark.parametrize(
    ("path", "form"),
    [("/advance", {"step": "century"}), ("/failures", {"status": "204"}), ("/events/evt_x/redeliver", {})],
)
def test_a_switch_that_is_not_there_is_refused(sandbox: Running, path: str, form: dict[str, str]) -> None:
    with pytest.raises(urllib.error.HTTPError):
        page(sandbox, path, form)


def test_another_site_cannot_press_a_button(sandbox: Running) -> None:
    before = sandbox.store.state["offset"]
    with pytest.raises(urllib.error.HTTPError, match="403"):
        page(sandbox, "/advance", {"step": "day"}, Sec_Fetch_Site="cross-site")
    assert sandbox.store.state["offset"] == before
    page(sandbox, "/advance", {"step": "day"}, Sec_Fetch_Site="same-origin")
    assert sandbox.store.state["offset"] > before


def test_an_event_is_sent_again_by_a_button(api: Api, sandbox: Running, receiver: Receiver) -> None:
    add_endpoint(sandbox.store, receiver.url, ["*"], SECRET)
    api.products.create(params={"name": "Pro"})
    webhooks.deliver_due(sandbox.store)
    event = api.events.list().data[0].id
    assert "Sent again to 1 endpoint." in page(sandbox, f"/events/{event}/redeliver", {})
    webhooks.deliver_due(sandbox.store)
    assert receiver.types == ["product.created"] * 2
    assert page(sandbox, f"/objects/{event}").count("Delivered") == 2


def test_trouble_and_failures_are_switched_by_buttons(api: Api, sandbox: Running) -> None:
    assert "Calm the webhooks" in page(sandbox, "/chaos", {"on": "1"})
    assert "Trouble the webhooks" in page(sandbox, "/chaos", {"on": "0"})
    page(sandbox, "/failures", {"status": "429"})
    with pytest.raises(stripe.RateLimitError):
        api.customers.list()
    assert api.customers.list().data == []
