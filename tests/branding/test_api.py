"""The brand for programs."""

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest

from saas.branding.queries import get_identity
from saas.core.actor import SYSTEM
from saas.keys.operations import create_key
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.branding.pictures import drawn

BASE = "/api/saas/v1/branding"


@pytest.fixture
def call(app, acme):
    """Speaks for a program with a key that may set the brand."""
    return speaker(app, acme, "branding.manage")


def speaker(app, organisation, permission):
    with tenant_work(organisation):
        _, secret = create_key(name="Site", permissions=[permission], expires_at=None, actor=SYSTEM)
    client, headers = app.test_client(), {"Authorization": f"Bearer {secret}"}

    def send(method, path="", **options):
        return client.open(
            BASE + path, method=method, headers=headers, base_url=f"http://{organisation.host}", **options
        )

    return send


def test_reads_sets_and_reads_again(call):
    before = call("GET").json
    assert (before["version"], before["primary_color"], before["css_url"]) == (0, "#0a7350", None)
    wanted = {
        "primary_color": "3B82F6",
        "secondary_color": "#10B981",
        "company_name": "Acme Portal",
        "remove_platform_branding": True,
        "colors": {"light.link": "#1d4ed8"},
    }
    after = call("PUT", json=wanted).json
    assert (after["version"], after["primary_color"], after["secondary_color"]) == (1, "#3b82f6", "#10b981")
    assert (after["company_name"], after["remove_platform_branding"]) == ("Acme Portal", True)
    assert call("GET").json == after
    assert call("PUT", json={"footer": "Since 1901."}).json["company_name"] == "Acme Portal"
    assert "--primary: #3b82f6;" in call("GET", "/css").text


def test_a_theme_brings_its_colours_and_what_is_sent_along_stands_above_them(call):
    answer = call("PUT", json={"theme": "finance", "radius": "none"}).json
    assert (answer["primary_color"], answer["radius"]) == ("#1d4480", "none")
    assert call("PUT", json={"theme": "space"}).json["field"] == "theme"


def test_of_two_programs_the_second_is_told(call):
    assert call("PUT", json={"footer": "One.", "version": 0}).status_code == 200
    overtaken = call("PUT", json={"footer": "Two.", "version": 0})
    assert (overtaken.status_code, overtaken.json["version"]) == (409, 1)
    assert call("GET").json["footer"] == "One."
    assert call("PUT", json={"footer": "Two.", "version": overtaken.json["version"]}).json["version"] == 2


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"primary_color": "green"}, "primary_color"),
        ({"primary_color": 7}, "primary_color"),
        ({"contrast": "B"}, "contrast"),
        ({"colors": {"light.link": "x"}}, "colors.light.link"),
        ({"colors": []}, "colors"),
        ({"remove_platform_branding": "yes"}, "remove_platform_branding"),
        ({"terms_url": "http://example.com"}, "terms_url"),
        ({"logo": "0123456789abcdef"}, "logo"),
        ({"custom_css": "@import 'x';"}, "custom_css"),
        ({"company_name": "\ud800"}, "company_name"),
        ({"logo": "\0"}, "logo"),
        ({"support_address": "help"}, "support_address"),
        ({"colour": "#fff"}, "colour"),
        ({"version": "1"}, "version"),
        ([], "body"),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(call, acme, sent, field):
    answer = call("PUT", json=sent)
    assert answer.status_code == 422
    assert answer.json["field"] == field
    with tenant_scope(acme):
        assert get_identity()[1] == 0
    assert call("PUT", json={"primary_color": "#fff"}).status_code == 200


def test_a_logo_is_uploaded_and_holds_at_once(call, app, acme):
    answer = call("POST", "/logo", data={"logo_file": (BytesIO(drawn()), "logo.png")})
    assert answer.status_code == 201
    assert answer.json["colors"][0] == "#c8102e"
    assert call("GET").json["logo"] == answer.json["id"]
    shown = app.test_client().get(answer.json["url"], base_url=f"http://{acme.host}")
    assert shown.mimetype == "image/png"
    refused = call("POST", "/logo", data={"logo_file": (BytesIO(b"<svg/>"), "logo.svg")})
    assert (refused.status_code, refused.json["field"]) == (422, "logo_file")
    assert "PNG" in refused.json["detail"]
    assert call("POST", "/logo", data={}).json["field"] == "logo_file"
    assert call("POST", "/logo", data={"purpose": "banner"}).json["field"] == "purpose"


def test_a_preview_tells_every_token_and_what_was_changed_and_keeps_nothing(call):
    answer = call("GET", "/preview?primary_color=%23ffff00&font=Inter").json
    assert answer["light"]["primary"] == "#ffff00"
    assert {"token", "before", "after", "reason"} <= set(answer["repairs"][0])
    assert answer["css"].startswith("@layer brand")
    assert call("GET", "/preview?primary_color=zz").json["field"] == "primary_color"
    assert call("GET").json["version"] == 0


def test_a_key_without_the_permission_is_refused(app, acme):
    send = speaker(app, acme, "members.view")
    assert {send("GET").status_code, send("PUT", json={}).status_code, send("GET", "/css").status_code} == {403}


def test_two_programs_that_set_different_fields_at_once_both_have_their_way(call):
    with ThreadPoolExecutor(2) as pool:
        sent = [{"footer": "Since 1901."}, {"company_name": "Acme Portal"}]
        answers = list(pool.map(lambda fields: call("PUT", json=fields).status_code, sent))
    assert answers == [200, 200]
    after = call("GET").json
    assert (after["footer"], after["company_name"], after["version"]) == ("Since 1901.", "Acme Portal", 2)
    assert call("PUT", json={"support_address": "Help@example.com"}).json["support_address"] == "help@example.com"


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"json": {"colour": "#fff"}}, "custom_css, support_address, version."),
        ({"json": {"primary_color": 5}}, "Send a text."),
        ({"json": {"theme": []}}, "Send a text."),
        ({"json": {"remove_platform_branding": 1}}, "Send true or false."),
        ({"data": '{\n"footer": x}'}, "cannot be read as JSON, from line 2, column 11 on."),
        ({"data": b'{"footer": "\xff"}'}, "cannot be read as JSON: byte 13 is no UTF-8."),
        ({"json": {"footer": "One.", "version": 7}}, "Read it again, or send its version"),
    ],
)
def test_what_is_refused_is_said_so_that_a_program_can_be_mended(call, sent, said):
    answer = call("PUT", content_type="application/json", **sent)
    assert 400 <= answer.status_code < 500
    assert said in answer.json["detail"]
    sent_well = {"json": {"footer": "One.", "support_address": "help@example.com", "version": 0}}
    assert call("PUT", content_type="application/json", **sent_well).status_code == 200
