"""What people come to do, from the first page to the last, as a browser shows it."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.support import PASSWORD, Deployment, Person, fill_in, sign_in, sign_up

NEW_PASSWORD = "amber staircase 63 gulls"


def add_workflow(page: Page, name: str) -> None:
    """Make an active workflow of one step that always goes well, and stay on its page."""
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Status").select_option("active")
    page.get_by_role("button", name="Transform").click()
    page.get_by_label("Step name").fill("Work out the total")
    page.get_by_label("Expression").fill("order.total * 1.2")
    page.get_by_role("button", name="Create workflow").last.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)


def test_the_address_is_proposed_and_checked_while_somebody_types(page: Page, deployment: Deployment) -> None:
    page.goto(deployment.url("", "/sign-up"))
    page.fill("#organisation", "Ruiz & Partners")
    page.keyboard.press("Tab")
    expect(page.locator("#address-answer .field-good")).to_contain_text("is free")
    expect(page.locator("#slug")).to_have_value("ruiz-partners")
    page.keyboard.type("acme")
    expect(page.locator("#slug")).to_have_value("acme")
    expect(page.locator("#address-answer .field-error")).to_contain_text("taken")


def test_from_signing_up_to_the_first_run(page: Page, deployment: Deployment, person: Person) -> None:
    page.goto(deployment.url())
    page.get_by_role("link", name="Create your organisation").first.click()
    sign_up(page, deployment, person)
    expect(page.get_by_role("heading", level=1)).to_have_text("Welcome, Ines")
    checklist = page.locator(".checklist")
    expect(checklist).to_contain_text("0 of 4 done")

    page.goto(deployment.link(person.email, "Confirm your e-mail address"))
    page.get_by_role("button", name="Confirm my address").click()
    expect(page.locator("#flashes, .flash").first).to_contain_text("confirmed")
    page.goto(deployment.url(person.slug))
    expect(checklist).to_contain_text("1 of 4 done")
    expect(page.locator(".banner-warning")).to_have_count(0)

    checklist.get_by_role("link", name="Run your first workflow").click()
    page.get_by_role("link", name="New workflow").first.click()
    add_workflow(page, "Handle an order")
    page.get_by_role("button", name="Run now").click()
    expect(page.locator("#run")).not_to_have_attribute("hx-get", re.compile("."))
    expect(page.locator("#run dl")).to_contain_text("Succeeded")
    page.goto(deployment.url(person.slug))
    expect(checklist).to_contain_text("2 of 4 done")


def test_a_browser_that_is_signed_out_from_another_one_asks_for_the_password(
    open_browser: Open, deployment: Deployment
) -> None:
    url = deployment.url("umbrella", "/sign-in")
    laptop = open_browser()
    phone = open_browser(user_agent="Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Safari")
    sign_in(laptop, url, "victor@umbrella.example")
    sign_in(phone, url, "victor@umbrella.example")
    laptop.goto(deployment.url("umbrella", "/account/sessions"))
    row = laptop.locator(".setting-row", has_text="iPhone")
    row.get_by_role("button", name="Sign out").click()
    dialog = laptop.get_by_role("dialog")
    expect(dialog).to_contain_text("iPhone")
    dialog.get_by_role("button", name="Sign out").click()
    expect(row).to_have_count(0)

    phone.goto(deployment.url("umbrella", "/workflows"))
    expect(phone).to_have_url(re.compile("/sign-in"))
    laptop.goto(deployment.url("umbrella", "/workflows"))
    expect(laptop).to_have_url(deployment.url("umbrella", "/workflows"))


def test_after_signing_out_the_back_button_shows_nothing(ada: Page, deployment: Deployment) -> None:
    ada.goto(deployment.url("acme", "/settings"))
    ada.locator(".account-menu summary").click()
    ada.get_by_role("button", name="Sign out").click()
    expect(ada.get_by_role("heading", level=1)).to_have_text("Sign in to Acme Manufacturing")
    ada.go_back()
    expect(ada).to_have_url(re.compile("/sign-in"))


def test_a_forgotten_password_is_replaced_by_mail(page: Page, deployment: Deployment, person: Person) -> None:
    sign_up(page, deployment, person)
    page.context.clear_cookies()
    page.goto(deployment.url(person.slug, "/sign-in"))
    page.get_by_role("link", name="Forgotten your password?").click()
    page.fill("#email", person.email)
    page.get_by_role("button", name="Send me a link").click()
    page.goto(deployment.link(person.email, "Choose a new password"))
    page.fill("#password", "short")
    page.get_by_role("button", name="Save the new password").click()
    page.fill("#password", NEW_PASSWORD)
    page.get_by_role("button", name="Save the new password").click()
    expect(page.locator(".flash")).to_contain_text("Your password is changed")

    page.fill("#email", person.email)
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    sign_in(page, deployment.url(person.slug, "/sign-in"), person.email, NEW_PASSWORD)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ines")


def test_an_organisation_moves_and_its_owner_stays_signed_in(
    page: Page, deployment: Deployment, person: Person
) -> None:
    sign_up(page, deployment, person)
    new = f"{person.slug}-new"
    page.goto(deployment.url(person.slug, "/settings"))
    page.get_by_role("link", name="Change address").click()
    page.fill("#slug", new)
    expect(page.locator("#slug-answer .field-good")).to_contain_text(new)
    page.get_by_role("button", name="Change address").click()
    page.wait_for_url(deployment.url(new, "/settings/address"))
    expect(page.locator(".flash").first).to_contain_text(f"{new}.localhost")
    page.goto(deployment.url(person.slug, "/workflows"))
    expect(page).to_have_url(deployment.url(new, "/workflows"))


def test_the_list_of_ones_organisations_comes_by_mail(page: Page, deployment: Deployment) -> None:
    page.goto(deployment.url("acme", "/sign-in"))
    page.get_by_role("link", name="Find your organisation").click()
    page.fill("#email", "casey@consulting.example")
    page.get_by_role("button", name="Send me the list").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mail")
    text = deployment.mail("casey@consulting.example", "Your organisations")
    assert deployment.url("acme") in text
    assert deployment.url("umbrella") in text
    assert deployment.url("globex") not in text


def test_everything_up_to_the_first_run_works_without_javascript(
    open_browser: Open, deployment: Deployment, person: Person
) -> None:
    page = open_browser(java_script_enabled=False)
    sign_up(page, deployment, person)
    expect(page.get_by_role("heading", level=1)).to_have_text("Welcome, Ines")
    page.goto(deployment.url(person.slug, "/workflows/new"))
    add_workflow(page, "Handle an order")
    page.get_by_role("button", name="Run now").click()
    expect(page.get_by_role("main")).to_contain_text("Work out the total")
    page.locator(".account-menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, deployment.url(person.slug, "/sign-in"), person.email)
    page.goto(deployment.url(person.slug, "/workflows?q=Handle"))
    expect(page.get_by_role("table")).to_contain_text("Handle an order")


def test_signing_up_once_more_by_the_back_button_says_that_the_address_is_taken(
    page: Page, deployment: Deployment, person: Person
) -> None:
    sign_up(page, deployment, person)
    page.go_back()
    fill_in(page, person)
    page.get_by_role("button", name="Create organisation").click()
    expect(page.locator("#slug-error")).to_contain_text("taken")
    expect(page.locator("#organisation")).to_have_value(person.organisation)


def test_a_button_that_is_pressed_twice_saves_once_and_says_so(ada: Page, deployment: Deployment) -> None:
    ada.goto(deployment.url("acme", "/account"))
    ada.get_by_role("button", name="Save changes").dblclick()
    expect(ada.locator(".flash")).to_contain_text("Your profile is saved")


def test_a_page_that_was_left_open_while_its_reader_signed_out_elsewhere_explains_itself(
    ada: Page, deployment: Deployment
) -> None:
    ada.goto(deployment.url("acme", "/account"))
    other = ada.context.new_page()
    other.goto(deployment.url("acme"))
    other.locator(".account-menu summary").click()
    other.get_by_role("button", name="Sign out").click()
    other.wait_for_url(re.compile("/sign-in"))
    ada.fill("#name", "Ada the Second")
    ada.get_by_role("button", name="Save changes").click()
    expect(ada.get_by_role("main")).to_contain_text("nothing was changed")
    expect(ada.get_by_role("main")).to_contain_text("Ada the Second")
    ada.get_by_role("link", name="Sign in").click()
    ada.fill("#email", "ada@acme.example")
    ada.fill("#password", PASSWORD)
    ada.click("main button[type=submit]")
    expect(ada.locator("#name")).to_have_value("Ada Lindqvist")


HOSTILE = {
    "markup": "<script>alert(1)</script><b>x",
    "right to left": "شركة المثال العربية للتجارة",
    "emoji": "🦊🚀 Ünïcødé 🎉",
    "no place to break": "W" * 100,
}


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE.keys())
def test_names_are_shown_as_typed_and_break_no_page(ada: Page, deployment: Deployment, name: str) -> None:
    ada.set_viewport_size({"width": 390, "height": 800})
    ada.goto(deployment.url("acme", "/workflows/new"))
    add_workflow(ada, name)
    for path in (ada.url, deployment.url("acme", "/workflows"), f"{ada.url}/edit"):
        ada.goto(path)
        expect(ada.get_by_role("main").get_by_text(name[:20]).first).to_be_visible()
        assert ada.evaluate("document.documentElement.scrollWidth") <= 390, path
