"""The platform's own look, as its catalogue says."""

from saas.branding.css import version
from saas.branding.identity import Identity
from saas.branding.operations import publish
from saas.branding.themes import THEMES, offered_themes, platform_brand
from saas.core.actor import SYSTEM
from saas.tenancy.scope import tenant_work
from tests.cast import found
from tests.support import sold

RED = Identity(primary="#c8102e")


def test_the_catalogues_brand_is_worn_wherever_no_organisation_has_its_own(app, browse, apex):
    with sold("loki"):
        acme = found("Acme", owner="Alice", people={})
        sheet = f"/brand/platform-{version(platform_brand())}.css"
        for browser, path in (
            (apex, "/"),
            (apex, "/pricing"),
            (browse(acme), "/sign-in"),
            (browse(acme, "Alice"), "/"),
        ):
            assert f'href="{sheet}"' in browser.get(path).text
        for browser in (apex, browse(acme)):
            assert "--primary: #1d4ed8;" in browser.get(sheet).text
        with tenant_work(acme):
            publish(RED, actor=SYSTEM)
        assert sheet not in browse(acme).get("/sign-in").text


def test_without_one_no_page_loads_a_style_sheet_for_it(acme, browse, apex):
    assert 'href="/brand/' not in apex.get("/").text + browse(acme).get("/sign-in").text
    assert apex.get("/brand/platform-0123456789abcdef.css").status_code == 404


def test_the_catalogues_themes_take_the_place_of_ours(app):
    assert offered_themes() == THEMES
    with sold("auterity"):
        offered = offered_themes()
        assert list(offered) == list(THEMES)
        assert (offered["finance"].primary, offered["finance"].secondary) == ("#1e40af", "#15803d")
        assert offered["finance"].radius == THEMES["finance"].radius


def test_a_brand_set_back_to_the_platforms_theme_wears_the_platforms_sheet(app, browse):
    with sold("loki"):
        acme = found("Acme", owner="Alice", people={})
        with tenant_work(acme):
            publish(RED, actor=SYSTEM)
            publish(RED.with_theme("platform"), actor=SYSTEM)
        assert f"/brand/platform-{version(platform_brand())}.css" in browse(acme).get("/sign-in").text
