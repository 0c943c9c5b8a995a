"""Headers, health, lists, ways back, downloads and static files."""

import pytest
from flask import Response
from hypothesis import given
from hypothesis import strategies as st

from saas.core.csv import harmless
from saas.tenancy.names import normal_host
from saas.tenancy.resolver import Arrival, Site
from saas.web.edge import ARRIVAL
from saas.web.headers import secure
from saas.web.pages import is_local_path


def test_every_page_forbids_scripts_from_elsewhere_and_framing(acme, browse):
    policy = browse(acme).get("/sign-in").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("example.test", "max-age=31536000; includeSubDomains"),
        ("acme.example.test:8443", "max-age=31536000; includeSubDomains"),
        ("notexample.test", "max-age=31536000"),
        ("portal.example.com", "max-age=31536000"),
    ],
)
def test_https_is_demanded_of_subdomains_where_all_of_them_are_ours(app, change_settings, host, told):
    change_settings(public_scheme="https")
    with app.test_request_context(
        "/", headers={"Host": host}, environ_overrides={ARRIVAL: Arrival(Site.NOWHERE, host)}
    ):
        assert secure(Response()).headers["Strict-Transport-Security"] == told


def test_pages_of_people_signed_in_are_never_stored(acme, browse):
    assert browse(acme, "Alice").get("/").headers["Cache-Control"] == "no-store"


def test_static_files_are_kept_for_a_year_under_a_name_that_changes(acme, browse):
    browser = browse(acme)
    page = browser.get("/sign-in").text
    path = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
    response = browser.get(path)
    assert response.status_code == 200
    assert "max-age=31536000" in response.headers["Cache-Control"]
    assert "immutable" in response.headers["Cache-Control"]
    response.close()


@pytest.mark.parametrize("host", ["example.test", "10.0.0.7", "nobody.example.test", "b ad"])
def test_health_answers_on_every_host(apex, host):
    assert apex.get("/health/live", headers={"Host": host}).json == {"status": "ok"}
    assert apex.get("/health/ready", headers={"Host": host}).json["checks"]["database"] == "ok"


LOCAL = ["/", "/a", "/a/b?c=d&e=%2F", "/a#b"]
STRANGE = [
    *("", "a", "//evil.example.com", "///evil.example.com", "/\\evil.example.com", "\\/evil.example.com"),
    *("https://evil.example.com", "https:evil.example.com", "http:///evil.example.com", "javascript:alert(1)"),
    *("/\t/evil.example.com", "/\n/evil.example.com", "/%0d%0a\r\nX: y", " /a", "/a b", "/ä", "\x00/a", "/a\x7f", "//"),
    *("/\\/evil.example.com", "data:text/html,x", "/" + "a" * 2000, "/a\n"),
]


@pytest.mark.parametrize("path", LOCAL)
def test_a_plain_path_may_be_gone_back_to(path):
    assert is_local_path(path)


@pytest.mark.parametrize("path", STRANGE)
def test_nothing_but_a_plain_path_may_be_gone_back_to(path):
    assert not is_local_path(path)


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_a_spreadsheet_runs_no_cell_of_ours(cell):
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["a", "", 5, -5, None, "a=b"])
def test_ordinary_cells_stay_as_they_are(cell):
    assert harmless(cell) == cell


@given(st.text(max_size=300))
def test_whatever_the_host_header_says_the_answer_is_a_clean_name_or_nothing(raw):
    host = normal_host(raw)
    assert host is None or (host == host.lower() and len(host) <= 253 and ":" not in host and not host.endswith("."))
