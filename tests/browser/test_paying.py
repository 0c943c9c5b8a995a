"""A whole life of payments, from signing up to going on, in front of the stand-in for Stripe."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support import Deployment, Person, sign_up, until

GOOD, DECLINED, FAILS_LATER = "4242 4242 4242 4242", "4000 0000 0000 0002", "4000 0000 0000 0341"
TRACK = """async (use) => {
    const token = document.querySelector("input[name=csrf_token]").value;
    const answer = await fetch("/api/usage/track", {method: "POST", body: new URLSearchParams({csrf_token: token, ...use})});
    return answer.status;
}"""


@dataclass
class Owner:
    """Who pays, in front of a page; pictures are taken where ``PICTURES`` names a folder."""

    page: Page
    deployment: Deployment
    person: Person
    pictures: int = 0

    def see(self, name: str) -> None:
        """Take a picture."""
        if folder := os.environ.get("PICTURES"):
            self.pictures += 1
            self.page.screenshot(path=f"{folder}/{self.pictures:02}-{name}.png", full_page=True)

    def go(self, path: str) -> None:
        self.page.goto(self.deployment.url(self.person.slug, path))

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name).first.click()

    def follow(self, name: str) -> None:
        self.page.get_by_role("link", name=name).first.click()

    def type_card(self, number: str) -> None:
        """Fill in a card of the tests."""
        typed = {"Card number": number, "Expires": "12 / 34", "Security code": "123", "Name on the card": "Ines Roth"}
        for label, text in typed.items():
            self.page.get_by_label(label).fill(text)
        self.page.get_by_label("Country").select_option("GB")

    def change_card(self, number: str) -> None:
        """On the provider's page, and back."""
        self.go("/billing")
        self.press("Change the card")
        self.type_card(number)
        self.see("card")
        self.press("Save card")
        self.page.wait_for_url(re.compile("/billing"))

    def let_a_month_pass(self) -> None:
        self.page.goto(self.deployment.payments)
        self.press("Advance one month")
        expect(self.page.get_by_role("status").first).to_be_visible()

    def wait_for(self, *words: str, path: str = "/billing") -> None:
        """Load a page until it says all that; messages come a moment later."""

        said = ""

        def ask() -> bool:
            nonlocal said
            self.go(path)
            said = self.page.get_by_role("main").inner_text()
            return all(word in said for word in words)

        until(ask, lambda: f"{path} never said {words} but: {said}")

    def wait_for_mail(self, subject: str) -> None:
        assert self.deployment.mail(self.person.email, subject)


def test_from_signing_up_to_going_on(page: Page, deployment: Deployment, person: Person) -> None:
    sign_up(page, deployment, person)
    ines = Owner(page, deployment, person)
    parts: list[Callable[[Owner], None]] = [subscribe, use_and_be_charged, fail_and_pay, upgrade, leave_and_stay]
    for part in parts:
        part(ines)


def subscribe(ines: Owner) -> None:
    ines.go("/plan")
    ines.see("plan")
    ines.page.locator("a[href*='/billing/subscribe?plan=starter']").first.click()
    ines.see("subscribe")
    ines.press("Go to payment")
    ines.type_card(DECLINED)
    ines.page.locator("#pay button[value=pay]").last.click()
    expect(ines.page.get_by_role("alert")).to_contain_text("declined")
    ines.see("declined")
    ines.type_card(GOOD)
    ines.page.locator("#pay button[value=pay]").last.click()
    ines.page.wait_for_url(ines.deployment.url(ines.person.slug, "/billing"))
    expect(ines.page.locator(".flash").first).to_contain_text("The subscription has begun")
    ines.see("begun")


def use_and_be_charged(ines: Owner) -> None:
    ines.let_a_month_pass()
    ines.wait_for("Active", "US$99.00")
    use = {"meter": "workflow_runs", "quantity": "500", "dimension": "complex"}
    assert ines.page.evaluate(TRACK, use) == 201
    ines.deployment.run("billing", "usage", ines.person.slug, "--report")
    ines.let_a_month_pass()
    ines.wait_for("US$139.00")
    ines.see("charged")
    ines.page.locator("tr", has_text="US$139.00").get_by_role("link").first.click()
    expect(ines.page.get_by_role("main")).to_contain_text("Workflow runs")
    ines.see("invoice")
    with ines.page.expect_download() as download:
        ines.follow("PDF")
    assert download.value.path().read_bytes().startswith(b"%PDF")


def fail_and_pay(ines: Owner) -> None:
    ines.change_card(FAILS_LATER)
    ines.let_a_month_pass()
    ines.wait_for("Payment failed", "is not paid")
    ines.see("past-due")
    ines.wait_for_mail("failed")
    ines.follow("See and pay it")
    ines.see("unpaid")
    ines.change_card(GOOD)
    ines.wait_for("Active")
    ines.wait_for_mail("is paid up")
    ines.see("paid")


def upgrade(ines: Owner) -> None:
    ines.go("/plan")
    ines.page.locator("a[href*='/billing/change?plan=professional']").first.click()
    ines.see("quote")
    button = ines.page.get_by_role("button", name=re.compile("Pay US.* and change"))
    quoted = re.search(r"US\$[\d,.]+", button.inner_text())
    assert quoted
    button.click()
    ines.wait_for("Professional", "US$299.00 a month")
    expect(ines.page.get_by_role("table", name="Newest invoices").locator("tbody tr").first).to_contain_text(
        quoted.group(0)
    )


def leave_and_stay(ines: Owner) -> None:
    ines.follow("Cancel")
    ines.page.get_by_text("It costs too much").click()
    ines.see("cancel")
    ines.press("Cancel the subscription")
    ines.wait_for("Ends on")
    ines.see("cancelled")
    ines.press("Keep the subscription")
    ines.wait_for("Active")
    ines.see("going-on")


@pytest.fixture(autouse=True)
def _pictures() -> None:
    if folder := os.environ.get("PICTURES"):
        os.makedirs(folder, exist_ok=True)
