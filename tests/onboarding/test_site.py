"""The public pages, and small files that browsers and crawlers ask for."""

import pytest


@pytest.mark.parametrize("path", ["/", "/sign-up", "/find", "/closed"])
def test_public_pages_open_for_everybody(apex, path):
    response = apex.get(path)

    assert response.status_code == 200
    assert "<title>" in response.text


def test_crawlers_may_read_the_public_site_and_no_organisation(apex, acme, browse):
    assert "Disallow: /\n" not in apex.get("/robots.txt").text
    assert "Disallow: /\n" in browse(acme).get("/robots.txt").text


def test_the_icon_is_where_old_browsers_look_for_it(apex, acme, browse):
    for browser in (apex, browse(acme)):
        response = browser.get("/favicon.ico")
        assert response.status_code == 302
        assert response.headers["Location"].endswith("img/favicon.svg")
        assert browser.get(response.headers["Location"]).mimetype == "image/svg+xml"


def test_pages_of_the_public_site_do_not_answer_inside_an_organisation(acme, browse):
    assert browse(acme).get("/sign-up").status_code == 404
    assert browse(acme).get("/find").status_code == 404
