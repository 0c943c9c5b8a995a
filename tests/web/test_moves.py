"""Being sent on: to the host where a page lives, and back to where one was."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from saas.accounts.models import UserSession
from saas.core.clock import now
from saas.core.database import db
from saas.tenancy.scope import tenant_work
from tests.cast import PASSWORD

PATHS = {
    "/a/b?c=d&e=%2F": "/a/b?c=d&e=%2F",
    "/%0d%0aX:1": "/%0D%0AX:1",
    "/a%3Fb=1": "/a%3Fb=1",
    "/a%23b": "/a%23b",
    "/a%2525": "/a%2525",
    "/x?q=%0d%0a": "/x?q=%0d%0a",
    "/%C3%A4": "/%C3%A4",
    "/%ff": "/%EF%BF%BD",
}


@pytest.mark.parametrize(("path", "moved"), PATHS.items())
def test_a_page_is_found_on_its_own_host_whatever_its_path_holds(app, acme, path, moved):
    for asked, host, own in (
        (f"/tenant/{acme.slug}{path}", "example.test", acme.host),
        (path, "www.example.test", "example.test"),
    ):
        response = app.test_client().get(asked, headers={"Host": host})
        assert (response.status_code, response.headers["Location"]) == (302, f"http://{own}{moved}")
        assert "X" not in response.headers


def long_confirmed(organisation) -> None:
    with tenant_work(organisation):
        db.session.execute(update(UserSession).values(confirmed_at=now() - timedelta(hours=5)))


@pytest.mark.parametrize("send", ["get", "post"])
def test_after_the_password_was_asked_for_one_is_back_at_the_form(acme, browse, send):
    browser = browse(acme, "Alice")
    browser.get("/settings/address")
    long_confirmed(acme)

    asked = getattr(browser, send)("/settings/address")
    assert asked.status_code == {"get": 302, "post": 303}[send]
    assert asked.headers["Location"] == "/confirm?next=%2Fsettings%2Faddress"
    browser.follow(asked)
    confirmed = browser.post(asked.headers["Location"], {"password": PASSWORD, "next": "/settings/address"})
    assert confirmed.headers["Location"] == "/settings/address"
