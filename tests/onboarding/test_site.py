"""The public pages, and small files that browsers and crawlers ask for."""

import pytest

from saas.branding.identity import Identity
from saas.branding.operations import publish, upload_picture
from saas.core.actor import SYSTEM
from saas.tenancy.scope import tenant_work
from tests.branding.pictures import drawn


@pytest.mark.parametrize("path", ["/", "/sign-up", "/find", "/closed"])
def test_public_pages_open_for_everybody(apex, path):
    response = apex.get(path)

    assert response.status_code == 200
    assert "<title>" in response.text


def test_crawlers_may_read_the_public_site_and_no_organisation(apex, acme, browse):
    assert "Disallow: /\n" not in apex.get("/robots.txt").text
    assert "Disallow: /\n" in browse(acme).get("/robots.txt").text


def icon_of(browser) -> str:
    response = browser.get("/favicon.ico")
    assert response.status_code == 302
    return response.headers["Location"]


def test_the_icon_is_where_old_browsers_look_for_it(apex, acme, browse):
    for browser in (apex, browse(acme)):
        assert icon_of(browser).endswith("img/favicon.svg")
        assert browser.get(icon_of(browser)).mimetype == "image/svg+xml"


def test_there_it_is_that_of_the_organisations_brand_as_on_its_pages(apex, acme, umbrella, browse):
    stranger, platform = browse(acme), icon_of(apex)
    with tenant_work(acme):
        publish(Identity(primary="#c8102e", name="Ånä"), actor=SYSTEM)
    drawn_icon = icon_of(stranger)
    assert f'href="{drawn_icon}"' in stranger.get("/sign-in").text
    assert ">Å</text>" in stranger.get(drawn_icon).text
    with tenant_work(acme):
        icon = upload_picture(drawn(size=(64, 64)), purpose="icon", actor=SYSTEM).id
        publish(Identity(primary="#c8102e", icon=icon), actor=SYSTEM)
    assert icon_of(stranger) == f"/brand/{icon}/32.png"
    assert stranger.get(icon_of(stranger)).mimetype == "image/png"
    assert {icon_of(apex), icon_of(browse(umbrella))} == {platform}


def test_a_browser_asks_again_soon_whether_an_organisation_has_another_icon(apex, acme, browse):
    assert apex.get("/favicon.ico").headers["Cache-Control"] == "public, max-age=86400"
    assert browse(acme).get("/favicon.ico").headers["Cache-Control"] == "public, max-age=300"


def test_an_unknown_host_has_no_icon(app, acme):
    client = app.test_client()
    assert client.get("/favicon.ico", base_url=f"http://{acme.host}").status_code == 302
    unknown = client.get("/favicon.ico", base_url="http://www.example.com")
    assert (unknown.status_code, unknown.headers.get("Location")) == (404, None)


def test_pages_of_the_public_site_do_not_answer_inside_an_organisation(acme, browse):
    assert browse(acme).get("/sign-up").status_code == 404
    assert browse(acme).get("/find").status_code == 404
