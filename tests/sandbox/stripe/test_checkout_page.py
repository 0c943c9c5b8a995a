"""The hosted checkout: what it shows, whom it lets pay, what it refuses and keeps."""

from typing import Any

import pytest
import stripe

from saas.sandbox.stripe import clock
from saas.sandbox.stripe.server import Running
from saas.sandbox.stripe.store import Store
from tests.sandbox.stripe.visitor import Visitor, card

Api = stripe.V1Services
SUCCESS = "https://acme.example.com/done?session={CHECKOUT_SESSION_ID}"
BACK = "https://acme.example.com/plans"
DECLINED, POOR, FAILS_LATER = "4000 0000 0000 0002", "4000 0000 0000 9995", "4000 0000 0000 0341"
ASKS, ASKS_ALWAYS = "4000 0025 0000 3155", "4000 0000 0000 3220"


@pytest.fixture
def visitor(sandbox: Running) -> Visitor:
    return Visitor(sandbox)


def price_of(api: Api, amount: int = 2900) -> str:
    made = api.prices.create(
        {"currency": "eur", "unit_amount": amount, "recurring": {"interval": "month"}, "product_data": {"name": "Pro"}}
    )
    return made.id


def begin(api: Api, **more: Any) -> stripe.checkout.Session:
    """A session for a plan of 29 euros."""
    wanted: Any = {"mode": "subscription", "success_url": SUCCESS, "cancel_url": BACK}
    if more.get("mode") != "setup":
        wanted["line_items"] = [{"price": price_of(api), "quantity": 1}]
    if "customer" not in more:
        wanted["customer_email"] = "ann@example.com"
    wanted |= more
    return api.checkout.sessions.create(wanted)


def url_of(session: stripe.checkout.Session) -> str:
    assert session.url is not None
    return session.url


def subscriptions(api: Api) -> list[stripe.Subscription]:
    return api.subscriptions.list({"status": "all"}).data


def test_the_page_says_what_is_bought_for_how_much_and_that_nothing_is_real(api: Api, visitor: Visitor) -> None:
    answer = visitor.get(url_of(begin(api)))
    assert answer.status == 200
    for words in ("Payments are simulated. No money moves.", "Subscribe to Pro", "€29.00 a month", "Pay €29.00", BACK):
        assert words in answer.text
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "Start trial" not in answer.text
    assert "promotion" not in answer.text


def test_paying_leads_back_to_the_seller(api: Api, visitor: Visitor) -> None:
    session = begin(api)
    answer = visitor.post(url_of(session), **card(act="pay"))
    assert (answer.status, answer.to) == (303, f"https://acme.example.com/done?session={session.id}")
    (made,) = subscriptions(api)
    assert made.status == "active"
    method = api.payment_methods.retrieve(str(made.default_payment_method))
    assert method.card is not None
    assert (method.card.exp_month, method.card.exp_year, method.billing_details.name) == (12, 2034, "Ann Example")


def test_a_form_sent_twice_pays_once(api: Api, visitor: Visitor) -> None:
    session = begin(api)
    first, second = (visitor.post(url_of(session), **card(act="pay")) for _ in range(2))
    assert first.to == second.to
    assert len(subscriptions(api)) == len(api.charges.list().data) == 1
    answer = visitor.get(url_of(session))
    assert "This is done already" in answer.text
    assert first.to in answer.text


@pytest.mark.parametrize(
    ("number", "told"),
    [(DECLINED, "Your card was declined."), (POOR, "insufficient funds"), (FAILS_LATER, "Your card was declined.")],
)
def test_a_declined_card_is_told_and_another_one_pays(api: Api, visitor: Visitor, number: str, told: str) -> None:
    session = begin(api)
    answer = visitor.post(url_of(session), **card(number, act="pay"))
    assert answer.status == 402
    assert told in answer.text
    assert 'value="Ann Example"' in answer.text
    assert subscriptions(api) == []
    assert visitor.post(url_of(session), **card(act="pay")).status == 303


@pytest.mark.parametrize("number", [ASKS, ASKS_ALWAYS])
def test_a_card_that_asks_its_holder_pays_once_that_is_answered(api: Api, visitor: Visitor, number: str) -> None:
    session = begin(api)
    asked = visitor.post(url_of(session), **card(number, act="pay"))
    assert asked.to.endswith("/authenticate")
    assert "Your bank asks" in visitor.get(asked.to).text
    failed = visitor.post(asked.to, outcome="fail")
    assert failed.status == 402
    assert "We are unable to authenticate" in failed.text
    assert subscriptions(api) == []
    assert visitor.get(asked.to).to.endswith(session.id)
    again = visitor.post(url_of(session), **card(number, act="pay"))
    assert visitor.post(again.to, outcome="complete").to.startswith("https://acme.example.com/done")
    assert [one.status for one in subscriptions(api)] == ["active"]


def test_a_card_that_fails_later_begins_a_trial(api: Api, visitor: Visitor) -> None:
    session = begin(api, subscription_data={"trial_period_days": 14})
    page = visitor.get(url_of(session)).text
    assert "Start trial" in page
    assert "Nothing to pay until" in page
    assert visitor.post(url_of(session), **card(FAILS_LATER, act="pay")).status == 303
    assert [one.status for one in subscriptions(api)] == ["trialing"]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"number": "4242 4242 4242 4241"}, "This is no card number."),
        ({"number": "hello"}, "This is no card number."),
        ({"number": "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢"}, "This is no card number."),
        ({"number": "4111 1111 1111 1111"}, "Never type a real card here."),
        ({"number": ""}, "Please enter the card number."),
        ({"expiry": "10 / 20"}, "This card has expired."),
        ({"expiry": "13 / 34"}, "Write the month and the year as MM / YY."),
        ({"expiry": "soon"}, "Write the month and the year as MM / YY."),
        ({"code": "12"}, "The security code has 3 digits."),
        ({"code": "123", "number": "3782 822463 10005"}, "The security code has 4 digits."),
        ({"name": " "}, "Please enter the name on the card."),
        ({"country": ""}, "Please choose a country."),
        ({"country": "XX"}, "Not a valid choice"),
    ],
)
def test_what_is_wrong_is_told_and_what_was_typed_stays(
    api: Api, visitor: Visitor, wrong: dict[str, str], told: str
) -> None:
    session = begin(api)
    typed = card(name="Bob Example", act="pay") | wrong
    answer = visitor.post(url_of(session), **typed)
    assert answer.status == 422
    assert told in answer.text
    for name in ("number", "name", "expiry"):
        assert f'value="{typed[name]}"' in answer.text
    assert subscriptions(api) == []


@pytest.mark.parametrize(("email", "status"), [("", 422), ("nobody", 422), ("bob@example.com", 303)])
def test_an_address_is_asked_for_where_none_is_known(api: Api, visitor: Visitor, email: str, status: int) -> None:
    session = api.checkout.sessions.create(
        {"mode": "subscription", "success_url": SUCCESS, "line_items": [{"price": price_of(api), "quantity": 1}]}
    )
    assert visitor.post(url_of(session), **card(act="pay", email=email)).status == status
    assert [one.email for one in api.customers.list().data] == (["bob@example.com"] if status == 303 else [])


class TestCodes:
    def test_lower_the_price_and_can_be_taken_away_again(self, api: Api, visitor: Visitor) -> None:
        coupon = api.coupons.create({"percent_off": 50, "duration": "once"}).id
        api.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon}, "code": "HALF"})
        session = begin(api, allow_promotion_codes=True)
        applied = visitor.post(url_of(session), **card(act="apply", promotion="half", name="Bob Example"))
        assert applied.status == 200
        assert "Pay €14.50" in applied.text
        assert "Discount (HALF)" in applied.text
        assert 'value="Bob Example"' in applied.text
        assert "Pay €29.00" in visitor.post(url_of(session), act="remove").text
        visitor.post(url_of(session), act="apply", promotion="HALF")
        visitor.post(url_of(session), **card(act="pay"))
        assert [one.amount for one in api.charges.list().data] == [1450]

    def test_enter_in_their_field_applies_them_where_no_card_is_typed(self, api: Api, visitor: Visitor) -> None:
        coupon = api.coupons.create({"percent_off": 50, "duration": "once"}).id
        api.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon}, "code": "HALF"})
        session = begin(api, allow_promotion_codes=True)
        pressed = visitor.post(url_of(session), act="pay", promotion="HALF")
        assert (pressed.status, "Pay €14.50" in pressed.text) == (200, True)
        assert visitor.post(url_of(session), act="pay").status == 422

    def test_that_nobody_knows_are_refused(self, api: Api, visitor: Visitor) -> None:
        session = begin(api, allow_promotion_codes=True)
        answer = visitor.post(url_of(session), act="apply", promotion="NOPE")
        assert answer.status == 422
        assert "This code is invalid." in answer.text
        assert 'value="NOPE"' in answer.text
        assert "Please enter the card number." not in answer.text


class TestTaxIds:
    @pytest.mark.parametrize(
        ("country", "given", "kind"),
        [("DE", "DE 136695976", "eu_vat"), ("GB", "GB123456789", "gb_vat"), ("US", "12-3456789", "us_ein")],
    )
    def test_are_kept_in_the_form_of_their_country(
        self, api: Api, visitor: Visitor, country: str, given: str, kind: str
    ) -> None:
        session = begin(api, tax_id_collection={"enabled": True})
        refused = visitor.post(url_of(session), **card(act="pay", country=country, tax_id="!"))
        assert "This is not how tax ids of this country look." in refused.text
        assert visitor.post(url_of(session), **card(act="pay", country=country, tax_id=given)).status == 303
        done = api.checkout.sessions.retrieve(session.id)
        assert [one.type for one in api.customers.tax_ids.list(str(done.customer)).data] == [kind]

    def test_of_a_customer_that_exists_need_its_name_to_be_kept(self, api: Api, customer: stripe.Customer) -> None:
        with pytest.raises(stripe.InvalidRequestError, match="customer_update"):
            begin(api, customer=customer.id, tax_id_collection={"enabled": True})
        begin(api, customer=customer.id, tax_id_collection={"enabled": True}, customer_update={"name": "auto"})

    def test_are_not_asked_for_unless_the_seller_wants_them(self, api: Api, visitor: Visitor) -> None:
        assert "tax_id" not in visitor.get(url_of(begin(api))).text
        assert "tax_id" in visitor.get(url_of(begin(api, tax_id_collection={"enabled": True}))).text


def test_a_card_is_set_up_for_later_without_paying(api: Api, visitor: Visitor, customer: stripe.Customer) -> None:
    session = begin(api, mode="setup", customer=customer.id, currency="eur")
    assert "Save card" in visitor.get(url_of(session)).text
    assert visitor.post(url_of(session), **card(act="pay")).status == 303
    assert len(api.customers.payment_methods.list(customer.id).data) == 1
    assert api.charges.list().data == []


def test_a_trial_that_needs_no_card_asks_for_none(api: Api, visitor: Visitor) -> None:
    session = begin(api, payment_method_collection="if_required", subscription_data={"trial_period_days": 7})
    assert "Card number" not in visitor.get(url_of(session)).text
    assert visitor.post(url_of(session), act="pay").status == 303
    assert [one.status for one in subscriptions(api)] == ["trialing"]


def test_a_session_that_expired_says_so_and_takes_nothing(api: Api, visitor: Visitor, store: Store) -> None:
    session = begin(api)
    with store.lock:
        clock.advance(store, 2 * 86_400)
    for answer in (visitor.get(url_of(session)), visitor.post(url_of(session), **card(act="pay"))):
        assert answer.status == 410
        assert "This page has expired" in answer.text
        assert BACK in answer.text
    assert subscriptions(api) == []


def test_an_unknown_session_is_a_page_that_says_so(visitor: Visitor, api: Api) -> None:
    answer = visitor.get("/c/pay/cs_test_unknown")
    assert answer.status == 404
    assert "There is no such page" in answer.text


def test_numbers_and_codes_are_never_kept(api: Api, visitor: Visitor, store: Store) -> None:
    visitor.post(url_of(begin(api)), **card("4000002500003155", act="pay", code="987"))
    assert "4000002500003155" not in str(store.state)
    assert "987" not in str(store.note("checkout attempts"))
