"""What every page knows: who looks at it, and the menu."""

import pytest
from flask_login import current_user

from saas.core.module import Module, NavItem
from saas.core.registry import Registry
from saas.dashboard import module as declared
from saas.web.access import public


def test_flask_logins_current_user_is_the_account_of_the_visit(app, acme, browse, monkeypatch):
    seen = []

    def view() -> str:
        seen.append(getattr(current_user, "name", None))
        return ""

    monkeypatch.setitem(app.view_functions, "accounts.sign_in", public(view))
    for browser in (browse(acme), browse(acme, "Bob")):
        browser.get("/sign-in")
    assert seen == [None, "Bob"]


def test_a_cookie_that_remembers_people_elsewhere_means_nothing_here(acme, browse):
    browser = browse(acme, "Bob")
    page = browser.get("/account").text
    for name in ("remember_token", "session2"):
        browser.client.set_cookie(name, "a|b", domain=acme.host)
    assert "Bob" in page
    assert "Bob" in browser.get("/account").text


def test_the_menu_keeps_sections_together_in_the_order_of_their_first_entries(monkeypatch):
    items = [("z", "", 50), ("b", "Later", 20), ("a", "First", 10), ("y", "", 60), ("c", "First", 30)]
    menu = tuple(
        NavItem(label, "dashboard.index", "home", section=section, order=order) for label, section, order in items
    )
    monkeypatch.setattr(declared, "module", Module("dashboard", label="Dashboard", navigation=menu))
    registry = Registry.load(["saas.dashboard"])
    assert [item.label for item in registry.navigation] == ["z", "y", "a", "c", "b"]


@pytest.mark.parametrize(
    ("path", "title"),
    [("/workflows", "Workflows · Acme"), ("/", "Home · Acme"), ("/nothing-here", "This page is not here · Acme")],
)
def test_the_browsers_title_names_the_organisation(acme, browse, path, title):
    assert f"<title>{title}</title>" in browse(acme, "Alice").get(path).text


def test_the_browsers_title_names_the_product_where_there_is_no_organisation(apex, settings):
    title = f"<title>Find your organisation · {settings.product_name}</title>"
    assert title in apex.get("/find").text
    assert f" · {settings.product_name}</title>" in apex.get("/", headers={"Host": "nobody.example.test"}).text
