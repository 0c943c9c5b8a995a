"""The whole way of somebody in an organisation: invited, let in, given a role, looking after a team, and removed."""

from playwright.sync_api import Page, expect

from saas.core.ids import short_id
from tests.browser.conftest import Open
from tests.browser.support import PASSWORD, Deployment

NAME = "Nora Field"


def test_from_the_invitation_to_the_removal(ada: Page, open_browser: Open, deployment: Deployment) -> None:
    here, address, team = (
        (lambda path: deployment.url("acme", path)),
        f"nora-{short_id(8)}@example.org",
        f"Night {short_id(4)}",
    )
    ada.goto(here("/teams/new"))
    ada.get_by_label("Name", exact=True).fill(team)
    ada.get_by_role("button", name="Create team").click()
    expect(ada.get_by_role("heading", name=team, level=1)).to_be_visible()
    page_of_team = ada.url
    ada.goto(here("/people/invitations/new"))
    ada.get_by_label("E-mail addresses").fill(address)
    ada.get_by_label(team).check()
    ada.get_by_role("button", name="Invite", exact=True).click()
    expect(ada.get_by_role("row", name=address)).to_contain_text("Open")

    nora = open_browser()
    nora.goto(deployment.link(address, "invites you"))
    nora.get_by_label("Your name").fill(NAME)
    nora.get_by_label("Choose a password", exact=True).fill(PASSWORD)
    nora.get_by_role("button", name="Join").click()
    nora.wait_for_url(here("/"))
    nora.goto(page_of_team)
    expect(nora.get_by_role("row", name=NAME)).to_be_visible()
    expect(nora.get_by_role("link", name="Add people")).to_have_count(0)

    ada.goto(here(f"/people?q={address}"))
    ada.get_by_role("link", name=NAME).click()
    expect(ada.get_by_role("heading", level=1)).to_contain_text(NAME)
    person = ada.url
    ada.goto(f"{person}/role")
    ada.get_by_text("Team admin", exact=True).click()
    expect(ada.locator("#preview")).to_contain_text(NAME)
    ada.get_by_role("button", name="Change role").click()
    expect(ada.locator(".flash").first).to_contain_text(NAME)
    ada.goto(page_of_team)
    ada.get_by_label(f"Actions for {NAME}").click()
    ada.get_by_role("link", name="Make lead").click()
    ada.get_by_role("dialog").get_by_role("button", name="Make lead").click()
    expect(ada.get_by_role("row", name=NAME)).to_contain_text("Lead")

    nora.goto(page_of_team)
    nora.get_by_role("link", name="Add people").click()
    nora.get_by_role("checkbox", name="Dev Patel").check()
    nora.get_by_role("button", name="Add to the team").click()
    expect(nora.get_by_role("row", name="Dev Patel")).to_be_visible()
    nora.goto(here("/teams"))
    nora.get_by_role("link", name="Customers", exact=True).click()
    expect(nora.get_by_role("heading", name="Customers", level=1)).to_be_visible()
    expect(nora.get_by_role("link", name="Add people")).to_have_count(0)

    ada.goto(f"{person}/remove")
    ada.get_by_role("button", name=f"Remove {NAME}").click()
    expect(ada.locator(".flash").first).to_contain_text(NAME)
    ada.goto(person)
    expect(ada.get_by_role("main")).to_contain_text("Removed on")
    nora.goto(page_of_team)
    expect(nora.get_by_role("heading", level=1)).to_contain_text("Sign in")
    nora.get_by_label("E-mail").fill(address)
    nora.get_by_label("Password", exact=True).fill(PASSWORD)
    nora.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(nora.get_by_role("alert")).to_be_visible()

    ada.goto(here(f"/audit?target=team:{page_of_team.rpartition('/')[2]}"))
    expect(ada.get_by_text(f"{NAME} put Dev Patel into the team {team}")).to_be_visible()
