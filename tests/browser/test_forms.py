"""Forms in a browser: what a script adds to them, on top of what works without one."""

from playwright.sync_api import Page, Request, expect

from saas.core.ids import short_id
from tests.browser.support import Deployment


def test_a_double_click_sends_a_form_once(ada: Page, deployment: Deployment) -> None:
    sent: list[Request] = []
    name = f"Twice {short_id(4)}"
    ada.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    ada.goto(deployment.url("acme", "/teams/new"))
    ada.get_by_label("Name", exact=True).fill(name)
    ada.get_by_role("button", name="Create team").dblclick()
    expect(ada.get_by_role("heading", name=name)).to_be_visible()
    assert len(sent) == 1
    ada.go_back()
    ada.get_by_label("Name", exact=True).fill(f"{name} more")
    ada.get_by_role("button", name="Create team").click()
    expect(ada.get_by_role("heading", name=f"{name} more")).to_be_visible()


def test_many_teams_are_filtered_and_those_chosen_stay_in_sight(ada: Page, deployment: Deployment) -> None:
    mark = short_id(4)
    for number in range(12):
        ada.goto(deployment.url("acme", "/teams/new"))
        ada.get_by_label("Name", exact=True).fill(f"Squad {mark} {number}x")
        ada.get_by_role("button", name="Create team").click()
        expect(ada.get_by_role("heading", name=f"Squad {mark} {number}x")).to_be_visible()
    ada.goto(deployment.url("acme", "/people/invitations/new"))
    chosen = ada.get_by_label(f"Squad {mark} 3x")
    chosen.check()
    ada.get_by_label("Filter teams").fill(f"squad {mark} 7x")
    expect(ada.get_by_label(f"Squad {mark} 7x")).to_be_visible()
    expect(chosen).to_be_visible()
    expect(ada.get_by_label(f"Squad {mark} 5x")).to_be_hidden()
    ada.get_by_label("Filter teams").press("Enter")
    expect(ada).to_have_url(deployment.url("acme", "/people/invitations/new"))
    expect(chosen).to_be_checked()


def test_after_a_look_at_a_list_the_focus_is_on_what_would_happen(ada: Page, deployment: Deployment) -> None:
    ada.goto(deployment.url("acme", "/people/invitations/new"))
    ada.get_by_label("E-mail addresses").fill(f"a.{short_id(6)}@example.org, odd")
    ada.get_by_role("button", name="Invite", exact=True).click()
    expect(ada.get_by_role("group", name="Please look before it is sent")).to_be_focused()
