"""Leaving a long form: it asks before what was changed is lost, and lets everybody else go."""

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.browser.support import Deployment

BRAND, CSS = "/settings/brand", "/settings/brand/css"


@pytest.fixture
def asked(ada: Page) -> list[str]:
    """The kinds of questions that the page asked; each is answered by staying."""
    kinds: list[str] = []

    def stay(dialog: Dialog) -> None:
        kinds.append(dialog.type)
        dialog.dismiss()

    ada.on("dialog", stay)
    return kinds


def leave(page: Page) -> None:
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Home").click(no_wait_after=True)


def choose_the_theme(page: Page) -> None:
    """Send another form of the page, which does not lead away."""
    page.locator(".account-switch").click()
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.locator("button[name=theme][aria-pressed=true]:visible").click()
    page.keyboard.press("Escape")


@pytest.mark.parametrize(
    ("path", "field", "typed"), [(BRAND, "Primary colour", "#c8102e"), (CSS, "Your CSS", ".card { color: red }")]
)
def test_what_was_typed_is_asked_about_and_what_was_taken_back_is_not(
    ada: Page, deployment: Deployment, asked: list[str], path: str, field: str, typed: str
) -> None:
    ada.goto(deployment.url("acme", path))
    box = ada.get_by_label(field, exact=True)
    before = box.input_value()
    box.press_sequentially(typed)
    choose_the_theme(ada)
    leave(ada)
    expect(box).to_have_value(typed + before)
    assert asked == ["beforeunload"]
    box.fill(before)
    leave(ada)
    ada.wait_for_url(deployment.url("acme", "/"))
    assert asked == ["beforeunload"]


def test_what_is_shown_and_not_published_is_asked_about_unless_it_is_discarded(
    ada: Page, deployment: Deployment, asked: list[str]
) -> None:
    ada.goto(deployment.url("acme", BRAND))
    ada.get_by_role("button", name="Finance").click()
    expect(ada.get_by_text("Finance is shown")).to_be_visible()
    assert asked == []
    leave(ada)
    expect(ada.get_by_text("Finance is shown")).to_be_visible()
    assert asked == ["beforeunload"]
    ada.get_by_role("link", name="Discard").click()
    expect(ada.get_by_text("Finance is shown")).to_be_hidden()
    leave(ada)
    ada.wait_for_url(deployment.url("acme", "/"))
    assert asked == ["beforeunload"]
