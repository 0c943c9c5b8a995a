"""The hosted portal: what people find there, what they change, where flows lead, what a configuration leaves out."""

from typing import Any

import pytest
import stripe

from saas.sandbox.stripe.server import Running
from tests.sandbox.stripe.billing.conftest import Shop
from tests.sandbox.stripe.visitor import Visitor, card

HOME = "https://acme.example.com/billing"
ALL_DETAILS = ["name", "email", "address", "tax_id"]


@pytest.fixture
def visitor(sandbox: Running) -> Visitor:
    return Visitor(sandbox)


def default_of(shop: Shop, customer: str) -> str:
    settings = shop.api.customers.retrieve(customer).invoice_settings
    assert settings is not None
    return str(settings.default_payment_method)


class Desk:
    """A customer with a subscription to the small plan, and the portal as it is configured."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.small, self.large = shop.price(1000), shop.price(3000)
        self.customer = shop.customer()
        self.subscription = shop.subscribe(self.customer, self.small).id
        self.card = self.default()
        offered = [{"product": shop.product, "prices": [self.small, self.large]}]
        changes = {"enabled": True, "default_allowed_updates": ["price"], "products": offered}
        usual: dict[str, Any] = {
            "customer_update": {"enabled": True, "allowed_updates": ALL_DETAILS},
            "invoice_history": {"enabled": True},
            "payment_method_update": {"enabled": True},
            "subscription_cancel": {"enabled": True, "mode": "at_period_end"},
            "subscription_update": {**changes, "proration_behavior": "always_invoice"},
        }
        wanted: Any = {"features": usual}
        shop.api.billing_portal.configurations.create(wanted)

    def open(self, flow: dict[str, Any] | None = None) -> str:
        """The address of a session."""
        asked: Any = {"customer": self.customer, "return_url": HOME}
        return self.shop.api.billing_portal.sessions.create(asked | ({"flow_data": flow} if flow else {})).url

    def now(self) -> stripe.Subscription:
        return self.shop.api.subscriptions.retrieve(self.subscription)

    def default(self) -> str:
        return default_of(self.shop, self.customer)

    def configure(self, feature: str, **values: Any) -> None:
        """Change a feature of the portal."""
        found = self.shop.api.billing_portal.configurations.list().data[0]
        wanted: Any = {"features": {feature: values}}
        self.shop.api.billing_portal.configurations.update(found.id, wanted)


@pytest.fixture
def desk(shop: Shop) -> Desk:
    return Desk(shop)


def back_to(flow: str, **about: Any) -> dict[str, Any]:
    """A flow that leads back to the seller when it is done."""
    return {"type": flow, "after_completion": {"type": "redirect", "redirect": {"return_url": f"{HOME}?done"}}, **about}


def test_the_start_shows_plan_cards_details_and_invoices(desk: Desk, visitor: Visitor) -> None:
    text = visitor.get(desk.open()).text
    for words in ("Pro", "US$10.00 a month", "The next payment is on", "Visa ending in 4242", "Example Ltd", HOME):
        assert words in text
    assert "Payments are simulated. No money moves." in text
    assert "/i/in_" in text


class TestCards:
    def test_one_that_is_added_pays_from_now_on(self, desk: Desk, visitor: Visitor) -> None:
        url = desk.open()
        answer = visitor.post(f"{url}/cards/new", **card("5555 5555 5555 4444"))
        assert answer.status == 303
        assert "Your card is saved" in visitor.get(answer.to).text
        assert desk.default() != desk.card
        assert desk.now().default_payment_method == desk.default()

    @pytest.mark.parametrize(
        ("number", "status", "told"),
        [("4000000000000002", 402, "Your card was declined."), ("4242424242424241", 422, "This is no card number.")],
    )
    def test_one_that_is_no_good_changes_nothing(
        self, desk: Desk, visitor: Visitor, number: str, status: int, told: str
    ) -> None:
        answer = visitor.post(f"{desk.open()}/cards/new", **card(number))
        assert answer.status == status
        assert told in answer.text
        assert desk.default() == desk.card

    @pytest.mark.parametrize(("outcome", "kept"), [("complete", True), ("fail", False)])
    def test_one_that_asks_its_holder_waits(self, desk: Desk, visitor: Visitor, outcome: str, kept: bool) -> None:
        url = desk.open()
        asked = visitor.post(f"{url}/cards/new", **card("4000002500003155"))
        assert "Your bank asks" in visitor.get(asked.to).text
        assert desk.default() == desk.card
        assert visitor.post(asked.to, outcome=outcome).status == (303 if kept else 402)
        assert (desk.default() != desk.card) is kept

    def test_a_kept_one_is_made_default_and_the_other_removed(self, desk: Desk, visitor: Visitor) -> None:
        url = desk.open()
        visitor.post(f"{url}/cards/new", **card("5555555555554444"))
        new = desk.default()
        visitor.post(f"{url}/cards/{desk.card}/default")
        assert desk.default() == desk.card
        refused = visitor.post(f"{url}/cards/{desk.card}/remove")
        assert "pays a subscription" in visitor.get(refused.to).text
        assert "The card is removed." in visitor.get(visitor.post(f"{url}/cards/{new}/remove").to).text
        assert len(desk.shop.api.customers.payment_methods.list(desk.customer).data) == 1

    def test_those_of_others_are_out_of_reach(self, desk: Desk, visitor: Visitor, shop: Shop) -> None:
        other = shop.customer()
        theirs = default_of(shop, other)
        answer = visitor.post(f"{desk.open()}/cards/{theirs}/remove")
        assert "not one of the customer's" in visitor.get(answer.to).text
        assert len(shop.api.customers.payment_methods.list(other).data) == 1


class TestPlans:
    def test_are_cancelled_with_a_reason_and_resumed(self, desk: Desk, visitor: Visitor) -> None:
        desk.configure("subscription_cancel", cancellation_reason={"enabled": True, "options": ["unused"]})
        url = desk.open()
        plan = f"{url}/subscriptions/{desk.subscription}"
        page = visitor.get(f"{plan}/cancel").text
        assert "I do not use it enough" in page
        assert "It is too expensive" not in page
        assert not desk.now().cancel_at_period_end
        visitor.post(f"{plan}/cancel", reason="unused", comment="Too quiet")
        details = desk.now().cancellation_details
        assert desk.now().cancel_at_period_end
        assert details is not None
        assert (details.feedback, details.comment) == ("unused", "Too quiet")
        assert "Do not cancel" in visitor.get(url).text
        visitor.post(f"{plan}/resume")
        assert not desk.now().cancel_at_period_end

    def test_are_changed_after_a_look_at_the_cost(self, desk: Desk, visitor: Visitor) -> None:
        url = desk.open()
        plan = f"{url}/subscriptions/{desk.subscription}"
        assert "US$30.00 a month" in visitor.get(f"{plan}/update").text
        page = visitor.get(f"{plan}/confirm?price={desk.large}").text
        assert "US$20.00" in page
        visitor.post(f"{plan}/confirm", price=desk.large)
        assert desk.now().items.data[0].price.id == desk.large
        assert desk.shop.api.invoices.list({"customer": desk.customer}).data[0].amount_paid == 2000

    def test_only_those_on_offer_can_be_had(self, desk: Desk, visitor: Visitor) -> None:
        plan = f"{desk.open()}/subscriptions/{desk.subscription}"
        hidden = desk.shop.price(1)
        assert "cannot be chosen" in visitor.go(f"{plan}/confirm?price={hidden}").text
        visitor.post(f"{plan}/confirm", price=hidden)
        assert desk.now().items.data[0].price.id == desk.small

    def test_those_of_others_are_out_of_reach(self, desk: Desk, visitor: Visitor, shop: Shop) -> None:
        theirs = shop.subscribe(shop.customer(), desk.small)
        answer = visitor.post(f"{desk.open()}/subscriptions/{theirs.id}/cancel")
        assert answer.status == 404
        assert not shop.get(theirs).cancel_at_period_end


class TestDetails:
    def test_are_changed(self, desk: Desk, visitor: Visitor) -> None:
        url = f"{desk.open()}/details"
        typed = {
            "name": "Acme GmbH",
            "email": "ann@example.com",
            "line1": "Torstraße 1",
            "city": "Berlin",
            "country": "DE",
        }
        assert visitor.post(url, **typed, tax_id="DE136695976").status == 303
        customer = desk.shop.api.customers.retrieve(desk.customer)
        assert customer.address is not None
        assert (customer.name, customer.email, customer.address.city) == ("Acme GmbH", "ann@example.com", "Berlin")
        assert [one.value for one in desk.shop.api.customers.tax_ids.list(desk.customer).data] == ["DE136695976"]

    @pytest.mark.parametrize(
        ("wrong", "told"),
        [
            ({"name": ""}, "Please enter a name."),
            ({"email": "x"}, "This is no e-mail address."),
            ({"tax_id": "1"}, "tax ids"),
        ],
    )
    def test_that_are_wrong_are_told(self, desk: Desk, visitor: Visitor, wrong: dict[str, str], told: str) -> None:
        typed = {"name": "Acme GmbH", "email": "ann@example.com", "country": "DE", "city": "Berlin"} | wrong
        answer = visitor.post(f"{desk.open()}/details", **typed)
        assert answer.status == 422
        assert told in answer.text
        assert 'value="Berlin"' in answer.text
        assert desk.shop.api.customers.retrieve(desk.customer).name == "Example Ltd"


class TestFlows:
    def test_a_card_flow_goes_there_and_back(self, desk: Desk, visitor: Visitor) -> None:
        url = desk.open(back_to("payment_method_update"))
        assert "Add a card" in visitor.go(url).text
        assert visitor.post(f"{url}/cards/new", **card("4000000000000002")).status == 402
        assert visitor.post(f"{url}/cards/new", **card()).to == f"{HOME}?done"
        assert "Your subscription and payments" in visitor.get(url).text

    def test_a_cancel_flow_goes_there_and_back(self, desk: Desk, visitor: Visitor) -> None:
        url = desk.open(back_to("subscription_cancel", subscription_cancel={"subscription": desk.subscription}))
        assert "Cancel Pro?" in visitor.go(url).text
        assert not desk.now().cancel_at_period_end
        assert visitor.post(visitor.get(url).to).to == f"{HOME}?done"
        assert desk.now().cancel_at_period_end

    def test_a_confirm_flow_goes_there_and_back(self, desk: Desk, visitor: Visitor) -> None:
        items = [{"id": desk.now().items.data[0].id, "price": desk.large, "quantity": 1}]
        about = {"subscription": desk.subscription, "items": items}
        url = desk.open(back_to("subscription_update_confirm", subscription_update_confirm=about))
        assert "Change to Pro" in visitor.go(url).text
        confirm = visitor.get(url).to.partition("?")[0]
        assert visitor.post(confirm, price=desk.large, quantity="1").to == f"{HOME}?done"
        assert desk.now().items.data[0].price.id == desk.large

    def test_without_a_way_back_it_ends_at_the_start(self, desk: Desk, visitor: Visitor) -> None:
        url = desk.open({"type": "payment_method_update"})
        answer = visitor.post(f"{url}/cards/new", **card())
        assert "Your card is saved" in visitor.go(answer.to).text

    def test_a_confirmation_is_a_page(self, desk: Desk, visitor: Visitor) -> None:
        told = {"type": "hosted_confirmation", "hosted_confirmation": {"custom_message": "See you"}}
        url = desk.open({"type": "payment_method_update", "after_completion": told})
        assert "See you" in visitor.post(f"{url}/cards/new", **card()).text


@pytest.mark.parametrize(
    ("feature", "button", "path"),
    [
        ("payment_method_update", "Add a card", "/cards/new"),
        ("subscription_cancel", "/cancel", "/subscriptions/{}/cancel"),
        ("subscription_update", "Change plan", "/subscriptions/{}/update"),
        ("customer_update", "Change details", "/details"),
    ],
)
def test_what_is_switched_off_is_not_there(desk: Desk, visitor: Visitor, feature: str, button: str, path: str) -> None:
    path = path.format(desk.subscription)
    assert button in visitor.get(desk.open()).text
    assert visitor.get(desk.open() + path).status == 200
    desk.configure(feature, enabled=False)
    assert button not in visitor.get(desk.open()).text
    assert visitor.get(desk.open() + path).status == 403


def test_nothing_changes_by_looking(desk: Desk, visitor: Visitor) -> None:
    url = desk.open()
    before = desk.shop.api.events.list().data[0].id
    plan = f"{url}/subscriptions/{desk.subscription}"
    for path in (
        url,
        f"{url}/cards/new",
        f"{url}/details",
        f"{plan}/cancel",
        f"{plan}/update",
        f"{plan}/confirm?price={desk.large}",
    ):
        assert visitor.get(path).status == 200
    for path in (f"{plan}/resume", f"{url}/cards/{desk.card}/remove", f"{url}/cards/{desk.card}/default"):
        assert visitor.get(path).status == 405
    assert desk.shop.api.events.list().data[0].id == before
