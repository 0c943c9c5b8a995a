"""How people come in: from a pasted list to the first page, and from the page to sign in to an admin's decision."""

from playwright.sync_api import Page, expect

from saas.core.ids import short_id
from tests.browser.conftest import Open
from tests.browser.support import PASSWORD, Deployment, Person, sign_in, sign_up

NEW = "/people/invitations/new"


def found(page: Page, deployment: Deployment, person: Person) -> None:
    """Found an organisation and confirm the address."""
    sign_up(page, deployment, person)
    page.goto(deployment.link(person.email, "Confirm your e-mail address"))
    page.get_by_role("button", name="Confirm my address").click()
    page.wait_for_url(deployment.url(person.slug, "/account"))


def come_in(page: Page, name: str) -> None:
    """Fill in the page of an invitation."""
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Choose a password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Join").click()


def test_a_pasted_list_is_looked_at_sent_and_accepted(
    page: Page, open_browser: Open, deployment: Deployment, person: Person
) -> None:
    found(page, deployment, person)
    nina = f"nina-{short_id(8)}@example.org"
    page.goto(deployment.url(person.slug, "/getting-started"))
    page.get_by_role("link", name="Invite your colleagues").click()
    page.get_by_label("E-mail addresses").fill(f"Nina Blue <{nina}>\n{person.email}\nnobody at all\n{nina}")
    page.get_by_role("button", name="Invite", exact=True).click()
    rows = page.get_by_role("region", name="What happens to each entry").locator("tbody tr")
    expect(rows).to_contain_text(["Will be invited", "Here already", "Not an address", "Repeated"])
    page.get_by_role("button", name="Send 1 invitation").click()
    expect(page.get_by_role("row", name=nina)).to_contain_text("Open")

    link = deployment.link(nina, "invites you")
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_contain_text("for somebody else")
    newcomer = open_browser()
    newcomer.goto(link)
    expect(newcomer.locator(".offer")).to_contain_text(nina)
    come_in(newcomer, "Nina Blue")
    newcomer.wait_for_url(deployment.url(person.slug))
    expect(newcomer.get_by_role("heading", level=1)).to_contain_text("Nina")

    page.goto(deployment.url(person.slug, "/people/invitations"))
    expect(page.get_by_role("row", name=nina)).to_contain_text("Accepted")
    page.goto(deployment.url(person.slug, "/people"))
    expect(page.get_by_role("link", name="Nina Blue")).to_be_visible()


def test_somebody_asks_to_join_and_an_admin_decides(
    page: Page, open_browser: Open, deployment: Deployment, person: Person
) -> None:
    found(page, deployment, person)
    page.goto(deployment.url(person.slug, "/people/domains"))
    page.get_by_role("button", name="Add domain").click()
    expect(page.get_by_role("main")).to_contain_text("Nothing is saved yet")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".setting-row")).to_contain_text("Ask to join")

    zoe = person.email.replace("ines@", "zoe@")
    visitor = open_browser()
    visitor.goto(deployment.url(person.slug, "/sign-in"))
    visitor.get_by_role("link", name="Ask to join").click()
    visitor.get_by_label("Your name").fill("Zoe Quint")
    visitor.get_by_label("Work e-mail").fill(zoe)
    visitor.get_by_label("Choose a password", exact=True).fill(PASSWORD)
    visitor.get_by_role("button", name="Ask to join").click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Look into your mailbox")
    visitor.goto(deployment.link(zoe, "confirm your e-mail address"))
    visitor.get_by_label("Password", exact=True).fill(PASSWORD)
    visitor.get_by_role("button", name="Confirm my address").click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Thank you, Zoe Quint")

    page.goto(deployment.link(person.email, "wants to join"))
    expect(page.get_by_role("link", name="People").locator(".count").first).to_have_text("1")
    page.get_by_role("link", name="Decide").click()
    page.get_by_role("button", name="Let Zoe Quint in").click()
    expect(page.locator(".flash").first).to_contain_text("Zoe Quint is in")
    assert deployment.mail(zoe, "Welcome to")
    sign_in(visitor, deployment.url(person.slug, "/sign-in"), zoe, PASSWORD)
    expect(visitor.get_by_role("heading", level=1)).to_contain_text("Zoe")
