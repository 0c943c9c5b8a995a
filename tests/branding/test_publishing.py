"""Brands published, shown everywhere, and brought back."""

import re
from dataclasses import replace
from email.message import EmailMessage

import pytest

from saas.branding.css import version
from saas.branding.identity import Faulty, Identity
from saas.branding.models import BrandVersion
from saas.branding.operations import publish, restore, upload_picture
from saas.branding.queries import get_identity
from saas.branding.themes import THEMES
from saas.core.actor import SYSTEM
from saas.core.audit import AuditEntry
from saas.core.errors import Conflict, NotFound
from saas.core.look import Look
from saas.tenancy.limits import FeatureLocked
from saas.tenancy.models import Status, Tenant
from saas.tenancy.operations import change_status
from saas.tenancy.plans import set_overrides
from saas.tenancy.scope import platform_work, tenant_scope, tenant_work
from tests.branding.pictures import drawn
from tests.cast import found
from tests.support import sold, statements_sent

OWN_CSS_LOCKED = re.compile(r'Own CSS\s*<svg[^>]*aria-label="not in your plan"')
RED = Identity(primary="#c8102e", name="Red Rooms", footer="Since 1901.", imprint="https://www.example.com/legal")


def published(organisation, identity: Identity = RED) -> BrandVersion:
    with tenant_work(organisation):
        made = publish(identity, actor=SYSTEM)
        assert made is not None
        return made


def entries(organisation, event: str) -> list[AuditEntry]:
    with tenant_scope(organisation) as session:
        return [entry for entry in session.query(AuditEntry).order_by(AuditEntry.id) if entry.event == event]


def allow(organisation, **features: bool) -> None:
    with platform_work() as session:
        set_overrides(session.get_one(Tenant, organisation.id), features=features, actor=SYSTEM)


def test_every_page_of_the_organisation_wears_its_brand_and_no_other_organisation_does(acme, umbrella, browse):
    styles = published(acme).styles

    home, sign_in = browse(acme, "Bob").get("/").text, browse(acme).get("/sign-in").text
    missing, theirs = browse(acme).get("/nowhere").text, browse(umbrella).get("/sign-in").text
    for page in (home, sign_in, missing):
        assert f'href="/brand/{styles}.css"' in page
        assert f'href="/brand/{styles}.svg?R"' in page
        assert "Red Rooms" in page
    assert "Since 1901." in home
    assert "https://www.example.com/legal" in sign_in
    assert "/brand/" not in theirs


def test_the_style_sheet_is_kept_for_a_year_and_its_address_changes_with_the_brand(acme, umbrella, browse):
    first = published(acme).styles
    answer = browse(acme).get(f"/brand/{first}.css")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.mimetype == "text/css"
    assert "--primary: #c8102e;" in answer.text
    assert first == version(RED.brand)

    second = published(acme, replace(RED, radius="none")).styles
    assert second != first
    assert browse(acme).get(f"/brand/{first}.css").text == answer.text
    assert browse(umbrella).get(f"/brand/{first}.css").status_code == 404
    assert browse(acme).get("/brand/0000000000000000.css").status_code == 404


def test_what_is_the_same_for_everybody_is_kept_once_for_all_cookies(acme, browse):
    alice, look = browse(acme, "Alice"), published(acme)
    with tenant_work(acme):
        icon = upload_picture(drawn(size=(64, 64)), purpose="icon", actor=SYSTEM).id
    assert "Cookie" in alice.get("/").headers["Vary"]
    for path in (f"/brand/{look.styles}.css", f"/brand/{look.styles}.svg", f"/brand/{icon}/32.png", "/favicon.ico"):
        answer = alice.get(path)
        assert "public" in answer.headers["Cache-Control"]
        assert [name for name in ("Vary", "Set-Cookie") if name in answer.headers] == []


def test_no_page_asks_for_the_brands_rows(acme, browse):
    published(acme)
    bob = browse(acme, "Bob")
    bob.get("/")
    with statements_sent() as statements:
        bob.get("/")
    assert not [statement for statement in statements if "brand_" in statement]
    styles = re.search(r'href="(/brand/\w+\.css)"', bob.get("/").text)[1]
    bob.get(styles)
    with statements_sent() as statements:
        bob.get(styles)
    assert not [statement for statement in statements if "brand_" in statement]


def test_mails_wear_the_brand_and_are_sent_in_its_name(acme, umbrella, mailbox, browse):
    with tenant_work(acme):
        logo = upload_picture(drawn(), purpose="logo", actor=SYSTEM).id
    published(acme, replace(RED, logo=logo))
    for organisation, person in ((acme, "Bob"), (umbrella, "Charlie")):
        browse(organisation).post("/forgot", {"email": organisation.email(person)})

    own, plain = (last(mailbox, acme.email("Bob")), last(mailbox, umbrella.email("Charlie")))
    html = own.get_body(("html",)).get_content()
    assert own["From"].addresses[0].display_name == "Red Rooms via Keystone"
    assert own["From"].addresses[0].addr_spec == plain["From"].addresses[0].addr_spec
    assert "background-color: #c8102e" in html
    assert f"http://{acme.host}:8000/brand/{logo}/small.png" in html or f"/brand/{logo}/small.png" in html
    assert "Since 1901." in html
    assert "Legal notice: https://www.example.com/legal" in own.get_body(("plain",)).get_content()
    assert "#c8102e" not in plain.get_body(("html",)).get_content()


def last(mailbox, to: str) -> EmailMessage:
    return mailbox.messages(to)[-1]


def invited(organisation, browse, mailbox, email: str) -> list[str]:
    """What an invitation says of where it leads, as text and as HTML."""
    wanted = {"addresses": email, "role": "member", "days": "7"}
    browse(organisation, "Alice").post("/people/invitations/new", wanted, page="/people/invitations/new")
    parts = [last(mailbox, email).get_body((kind,)).get_content() for kind in ("plain", "html")]
    return [re.search(r"invites you to join [^.]*\.", part)[0] for part in parts]


def test_a_white_label_names_the_platform_nowhere(acme, browse, mailbox):
    published(acme, replace(RED, bare=True))
    pages = [browse(acme).get(path).text for path in ("/sign-in", "/forgot", "/nowhere")]
    pages += [browse(acme, "Alice").get(path).text for path in ("/", "/people", "/settings", "/settings/brand")]
    for page in pages:
        assert "Keystone" not in page
        assert "/find" not in page
    browse(acme).post("/forgot", {"email": acme.email("Bob")})
    mail = last(mailbox, acme.email("Bob"))
    assert "Keystone" not in mail.as_string()
    assert mail["From"].addresses[0].display_name == "Red Rooms"
    assert invited(acme, browse, mailbox, "nina@example.com") == ["invites you to join Red Rooms."] * 2

    published(acme, RED)
    assert invited(acme, browse, mailbox, "nora@example.com") == ["invites you to join Red Rooms on Keystone."] * 2
    assert "Keystone" in browse(acme, "Alice").get("/").text
    for page in (browse(acme).get("/sign-in").text, browse(acme, "Alice").get("/").text):
        assert "/find" in page


def test_what_the_plan_does_not_hold_is_neither_taken_nor_shown_and_comes_back_with_it(app, browse):
    with sold("auterity"):
        acme = found("Acme", owner="Alice", people={})
        with tenant_work(acme), pytest.raises(FeatureLocked):
            publish(RED, actor=SYSTEM)
        allow(acme, branding=True, white_label=True)
        published(acme, replace(RED, bare=True, custom_css=".card { color: #123456 }"))
        allow(acme, white_label=False)
        home = browse(acme, "Alice").get("/").text
        assert "Keystone" in home
        assert "/brand/own/" not in home
        assert "/brand/" in home
        with tenant_work(acme):
            identity, _ = get_identity()
            assert publish(replace(identity, footer="Still ours."), actor=SYSTEM)
            with pytest.raises(FeatureLocked):
                publish(replace(identity, custom_css=".card { color: #654321 }"), actor=SYSTEM)
        assert OWN_CSS_LOCKED.search(browse(acme, "Alice").get("/settings/brand").text)

        allow(acme, branding=False)
        assert "Red Rooms" not in browse(acme, "Alice").get("/").text
        assert browse(acme, "Alice").get("/settings/brand").status_code == 402
        allow(acme, branding=True, white_label=True)
        assert "Keystone" not in browse(acme, "Alice").get("/").text
        assert not OWN_CSS_LOCKED.search(browse(acme, "Alice").get("/settings/brand").text)


def test_a_suspended_organisation_keeps_its_look(acme, browse):
    styles = published(acme).styles
    with platform_work() as session:
        change_status(session.get_one(Tenant, acme.id), Status.SUSPENDED, reason="Unpaid.", actor=SYSTEM)
    assert f"/brand/{styles}.css" in browse(acme).get("/sign-in").text
    assert browse(acme).get(f"/brand/{styles}.css").status_code == 200


def test_each_version_stays_and_can_be_brought_back(acme):
    with tenant_work(acme):
        first, second = publish(RED, actor=SYSTEM), publish(RED.with_theme("finance"), actor=SYSTEM)
        assert (first.number, second.number) == (1, 2)
        assert publish(RED.with_theme("finance"), actor=SYSTEM) is None
        third = restore(1, actor=SYSTEM)
        assert (third.number, third.restores, third.styles) == (3, 1, first.styles)
        assert get_identity() == (RED, 3) or get_identity()[0].primary == RED.primary
        with pytest.raises(NotFound):
            restore(9, actor=SYSTEM)
    changed, restored = entries(acme, "branding.brand.changed"), entries(acme, "branding.brand.restored")
    assert len(changed) == 2
    assert restored[0].changes["Primary colour"] == [THEMES["finance"].primary, "#c8102e"]


def test_of_two_who_edit_at_once_the_second_is_told(acme):
    with tenant_work(acme):
        publish(RED, expected=0, actor=SYSTEM)
        with pytest.raises(Conflict):
            publish(replace(RED, footer="Mine."), expected=0, actor=SYSTEM)
        assert publish(replace(RED, footer="Mine."), expected=1, actor=SYSTEM)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("primary", "green", "Write a colour as #"),
        ("secondary", "#12", "Write a colour as #"),
        ("font", "Comic Sans", "Choose one of Inter"),
        ("radius", "huge", "Choose one of"),
        ("level", "B", "Choose one of AA"),
        ("overrides", {"light.link": "blue"}, "Write a colour as #"),
        ("overrides", {"light.foreground": "#000"}, "This colour follows from the others"),
        ("name", "Visit evil.example.com", "A name cannot hold a web address"),
        ("name", "Red\u202eRooms", "cannot be shown"),
        ("footer", "x" * 301, "at most 300"),
        ("footer", "a\0b", "cannot be shown"),
        ("terms", "http://www.example.com", "Begin the address with https://"),
        ("terms", "javascript:alert(1)", "Begin the address with https://"),
        ("privacy", "https://user:word@example.com/", "no address of a page"),
        ("imprint", "https://localhost/", "no address of a page"),
        ("imprint", "https://[::1", "no address of a page"),
        ("footer", "Find us at www.evil.example", "the footer is text"),
        ("name", "Keystone Security", "cannot hold Keystone"),
        ("logo", "\0", "not there"),
        ("icon", "\ud800", "not there"),
        ("logo", "0123456789abcdef", "not there"),
        ("custom_css", "a { background: url(//evil.example.com) }", "Line 1"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field_and_nothing_is_kept(acme, field, value, sentence):
    with tenant_work(acme):
        with pytest.raises(Faulty) as refused:
            publish(replace(RED, **{field: value}), actor=SYSTEM)
        assert get_identity()[1] == 0
    assert sentence in " ".join(refused.value.faults.values())
    assert all(name.partition(".")[0] == field for name in refused.value.faults)
    published(acme)


def test_a_picture_of_another_organisation_is_not_there(acme, umbrella, browse):
    with tenant_work(umbrella):
        theirs = upload_picture(drawn(), purpose="logo", actor=SYSTEM).id
    with tenant_work(acme):
        with pytest.raises(Faulty):
            publish(replace(RED, logo=theirs), actor=SYSTEM)
        assert upload_picture(drawn(), purpose="logo", actor=SYSTEM).id == theirs
        assert publish(replace(RED, logo=theirs), actor=SYSTEM)
    assert browse(acme).get(f"/brand/{theirs}/large.png").status_code == 200


def test_pictures_are_served_so_that_they_can_do_nothing(acme, umbrella, browse):
    with tenant_work(acme):
        icon = upload_picture(drawn(size=(64, 64)), purpose="icon", actor=SYSTEM).id
    for size in ("512", "180", "32"):
        answer = browse(acme).get(f"/brand/{icon}/{size}.png")
        assert answer.mimetype == "image/png"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].endswith("sandbox")
        assert "immutable" in answer.headers["Cache-Control"]
    assert browse(acme).get(f"/brand/{icon}/large.png").status_code == 404
    assert browse(acme).get(f"/brand/{icon}/..%2f32.png").status_code == 404
    assert browse(umbrella).get(f"/brand/{icon}/32.png").status_code == 404


def test_the_support_address_is_the_organisations_and_no_version_brings_an_old_one_back(acme, browse):
    alice = browse(acme, "Alice")
    brand = {"primary": "#c8102e", "font": "Inter", "radius": "medium", "level": "AA", "version": "0", "do": "publish"}
    assert alice.post("/settings/brand", {**brand, "support_address": "Old@example.com"}).status_code == 303
    profile = {"name": "Acme", "time_zone": "UTC", "language": "en", "support_address": "new@example.com"}
    assert alice.post("/settings", profile).status_code == 303
    with tenant_work(acme):
        publish(RED, actor=SYSTEM)
        restore(1, actor=SYSTEM)
    assert 'value="new@example.com"' in alice.get("/settings/brand").text
    wrong = alice.post("/settings/brand", {**brand, "version": "3", "support_address": "help"})
    assert (wrong.status_code, 'id="support_address-error"' in wrong.text) == (422, True)


def test_a_look_of_a_newer_release_can_be_read():
    look = Look.read({"name": "Red Rooms", "motion": "slow"})
    assert look.name == "Red Rooms"
