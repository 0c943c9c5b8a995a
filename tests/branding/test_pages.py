"""The brand page and its preview, pictures sent with it, own CSS, and the history."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from io import BytesIO

import pytest
import time_machine
from sqlalchemy import insert

from saas.branding.custom_css import clean
from saas.branding.identity import Identity
from saas.branding.jobs import tidy
from saas.branding.models import BrandPicture, BrandVersion
from saas.branding.operations import publish, upload_picture
from saas.branding.queries import get_identity, get_pictures, get_version
from saas.core.actor import SYSTEM
from saas.core.clock import now
from saas.core.runtime import runtime
from saas.tenancy.config import keep
from saas.tenancy.look import LOOK, present_look
from saas.tenancy.scope import tenant_scope, tenant_work
from saas.tenancy.standing import get_standing
from tests.branding.pictures import drawn
from tests.support import calls_of, statements_sent

GOOD = {"primary": "#c8102e", "font": "Inter", "radius": "medium", "level": "AA", "version": "0", "do": "publish"}
CSS = ".card { border-radius: 0; }"


def identity_of(organisation) -> Identity:
    with tenant_scope(organisation):
        return get_identity()[0]


def picture(content: bytes = b"", name: str = "logo.png") -> tuple[BytesIO, str]:
    return BytesIO(content or drawn()), name


def sheet_frames(page: str) -> list[str]:
    return re.findall(r'<iframe src="([^"]+)"', page.replace("&amp;", "&"))


@pytest.mark.parametrize("person", ["Alice", "Adam"])
def test_owners_and_admins_publish_a_brand(acme, browse, person):
    browser = browse(acme, person)
    done = browser.post("/settings/brand", GOOD)
    assert done.status_code == 303
    page = browser.follow(done).text
    assert "Published. Version 1 holds from now on." in page
    assert 'value="#c8102e"' in page
    assert identity_of(acme).primary == "#c8102e"


@pytest.mark.parametrize("person", ["Bob", "Vera"])
def test_others_may_not(acme, browse, person):
    browser = browse(acme, person)
    browser.get("/")
    assert browser.get("/settings/brand").status_code == 403
    assert browser.post("/settings/brand", GOOD).status_code == 403
    assert identity_of(acme).primary != "#c8102e"


def test_what_is_wrong_stands_beside_its_field_and_keeps_what_was_typed(acme, browse):
    wrong = {**GOOD, "primary": "reddish", "terms": "ftp://x", "footer": "Kept words", "single.dark.link": "#9bd"}
    answer = browse(acme, "Alice").post("/settings/brand", wrong)
    assert answer.status_code == 422
    assert 'id="primary-error"' in answer.text
    assert 'id="terms-error"' in answer.text
    assert 'value="reddish"' in answer.text
    assert "Kept words" in answer.text
    assert 'value="#9bd"' in answer.text
    single = browse(acme, "Alice").post(
        "/settings/brand", {**GOOD, "single.light.background": "pale", "single.dark.link": "#9bd"}
    )
    assert single.status_code == 422
    assert "<li>Page, light: Write a colour as" in single.text
    assert re.findall(r'aria-label="([^"]*)" aria-invalid="true"', single.text) == ["Page, light"]
    assert identity_of(acme) == Identity.plain()


def test_of_two_tabs_the_second_does_not_overwrite_the_first_unseen(acme, browse):
    alice, adam = browse(acme, "Alice"), browse(acme, "Adam")
    assert adam.post("/settings/brand", {**GOOD, "footer": "Since 1901."}).status_code == 303
    overtaken = alice.post("/settings/brand", {**GOOD, "primary": "00A", "footer": ""})
    assert overtaken.status_code == 409
    assert "Version 1 was published while you edited" in overtaken.text
    assert "Adam published it on" in overtaken.text
    changes = re.search(r'(?s)<dl class="brand-changes">.*?</dl>', overtaken.text)[0]
    assert re.findall(r"<dt>(.*?)</dt>", changes) == ["Primary colour"]
    assert re.findall(r'<span class="(?:clip|muted)">(.*?)</span>', changes) == ["#c8102e", "#0000aa"]
    assert 'value="00A"' in overtaken.text
    assert "Publish mine over it" in overtaken.text
    assert (
        '<a class="button button-secondary button-sm" href="/settings/brand" data-discard=""><span>Take version 1<'
        in overtaken.text
    )
    assert identity_of(acme).primary == "#c8102e"
    own = adam.post("/settings/brand", {**GOOD, "footer": ""})
    assert "You published it in another window" in own.text
    assert alice.post("/settings/brand", {**GOOD, "primary": "#0000aa", "version": "1"}).status_code == 303


def test_a_theme_and_a_preview_change_the_form_and_publish_nothing(acme, browse):
    alice = browse(acme, "Alice")
    themed = alice.post("/settings/brand", {**GOOD, "footer": "Ours.", "do": "theme:finance"})
    assert themed.status_code == 200
    assert 'value="#1d4480"' in themed.text
    assert "Ours." in themed.text
    shown = alice.post("/settings/brand", {**GOOD, "primary": "#ffff00", "do": "preview"})
    assert "colours changed" in shown.text or "colour changed" in shown.text
    assert identity_of(acme) == Identity.plain()


def test_the_preview_shows_pages_sign_in_mail_and_invoice_with_the_draft(acme, browse):
    alice = browse(acme, "Alice")
    drafted = {**GOOD, "name": "Red Rooms", "primary": "#c8102e", "do": "preview"}
    frames = sheet_frames(alice.post("/settings/brand", drafted).text)
    assert len(frames) == 8
    for url in frames:
        frame = alice.get(url)
        assert frame.status_code == 200
        assert "Red Rooms" in frame.text
        assert "frame-ancestors 'self'" in frame.headers["Content-Security-Policy"]
        assert frame.headers["X-Frame-Options"] == "SAMEORIGIN"
        assert "<script" not in frame.text
    sheet = re.search(r'href="(/settings/brand/preview\.css[^"]*)"', alice.get(frames[0]).text.replace("&amp;", "&"))[1]
    assert "--primary: #c8102e;" in alice.get(sheet).text
    assert alice.get("/settings/brand/preview/invoice?primary=%23c8102e").mimetype == "image/png"
    assert alice.get("/").headers["X-Frame-Options"] == "DENY"
    assert "frame-src" not in alice.get("/").headers["Content-Security-Policy"]
    assert identity_of(acme) == Identity.plain()


def test_values_of_a_preview_that_cannot_be_read_are_said(acme, browse):
    alice = browse(acme, "Alice")
    wrong = alice.get("/settings/brand/preview?primary=zzz").text
    assert "cannot be shown yet" in wrong
    assert 'id="brand-glance" hx-swap-oob="true"><p class="small">There is no preview' in wrong
    assert "All of it can be read" in alice.get("/settings/brand/preview?primary=%230a7350").text
    assert "Page, light: Write a colour" in alice.get("/settings/brand/preview?single.light.background=zz").text
    assert alice.get("/settings/brand/preview/dashboard?primary=zzz&mode=dim").status_code == 200


@pytest.mark.parametrize("surface", ["", "/dashboard", "/sign-in", "/email", "/invoice", ".css"])
def test_a_theme_that_nobody_offers_is_refused_in_previews_and_one_that_is_offered_is_not(acme, browse, surface):
    alice = browse(acme, "Alice")
    refused = alice.get(f"/settings/brand/preview{surface}?theme=space")
    assert refused.status_code == 422
    assert "Choose one of platform, automotive" in refused.text
    for theme in ("finance", "platform", ""):
        assert alice.get(f"/settings/brand/preview{surface}?theme={theme}").status_code == 200


@pytest.mark.parametrize("sent", [{"theme": "space"}, {"do": "theme:space"}])
def test_a_theme_that_nobody_offers_is_refused_on_the_page_and_one_that_is_offered_is_not(acme, browse, sent):
    alice = browse(acme, "Alice")
    refused = alice.post("/settings/brand", {**GOOD, **sent})
    assert refused.status_code == 422
    assert "Choose one of platform, automotive" in refused.text
    assert identity_of(acme) == Identity.plain()
    offered = {name: value.replace("space", "finance") for name, value in sent.items()}
    assert alice.post("/settings/brand", {**GOOD, **offered}).status_code in (200, 303)


def test_a_theme_that_is_not_offered_any_more_keeps_nobody_from_publishing(acme, browse):
    with tenant_work(acme) as session:
        publish(Identity(primary="#c8102e"), actor=SYSTEM)
        version = get_version()
        version.identity = {**version.identity, "theme": "space"}
        session.add(version)
    alice = browse(acme, "Alice")
    assert alice.get("/settings/brand/preview?theme=space").status_code == 200
    assert alice.post("/settings/brand", {**GOOD, "theme": "space", "footer": "x", "version": "1"}).status_code == 303
    frames = sheet_frames(alice.get("/settings/brand/history/1").text)
    assert {alice.get(url).status_code for url in frames} == {200}


def test_pages_sign_in_and_mails_of_the_preview_agree_on_the_logo(acme, browse):
    with tenant_work(acme):
        logo = upload_picture(drawn(), purpose="logo", actor=SYSTEM).id
    alice, surfaces = browse(acme, "Alice"), ("dashboard", "sign-in", "email")
    for surface in surfaces:
        shown = alice.get(f"/settings/brand/preview/{surface}?logo={logo}").text
        picture_shown = re.search(rf'src="(?:http://{acme.host}[:\d]*)?(/brand/{logo}/\w+\.png)"', shown)
        assert picture_shown, surface
        assert alice.get(picture_shown[1]).mimetype == "image/png"
        assert ".png" not in alice.get(f"/settings/brand/preview/{surface}").text


def test_a_picture_is_kept_with_the_form_and_holds_once_it_is_published(acme, browse):
    alice = browse(acme, "Alice")
    sent = alice.post(
        "/settings/brand",
        {**GOOD, "footer": "Typed.", "do": "upload", "logo_file": picture()},
        content_type="multipart/form-data",
    )
    assert sent.status_code == 200
    assert "Typed." in sent.text
    logo = re.search(r'name="logo" type="hidden" value="(\w{16})"', sent.text)[1]
    assert "Take its colours" in sent.text
    assert identity_of(acme).logo == ""
    coloured = alice.post("/settings/brand", {**GOOD, "logo": logo, "do": "colours:logo"})
    assert 'value="#c8102e"' in coloured.text
    assert alice.post("/settings/brand", {**GOOD, "logo": logo}).status_code == 303
    assert f"/brand/{logo}/large.png" in alice.get("/").text
    removed = alice.post("/settings/brand", {**GOOD, "logo": logo, "version": "1", "do": "remove:logo"})
    assert f'value="{logo}"' not in removed.text


def test_a_picture_stays_although_the_form_it_came_with_was_refused(acme, browse):
    alice = browse(acme, "Alice")
    sent = {**GOOD, "primary": "reddish", "logo_file": picture()}
    refused = alice.post("/settings/brand", sent, content_type="multipart/form-data")
    assert refused.status_code == 422
    logo = re.search(r'name="logo" type="hidden" value="(\w{16})"', refused.text)[1]
    assert alice.post("/settings/brand", {**GOOD, "logo": logo}).status_code == 303
    assert identity_of(acme).logo == logo


@pytest.mark.parametrize("field", ["logo", "icon", "primary", "name"])
def test_letters_that_nobody_types_are_refused_and_break_nothing(acme, browse, field):
    alice = browse(acme, "Alice")
    for sign in ("\0", "%00"):
        assert alice.post("/settings/brand", {**GOOD, field: f"x{sign}y"}).status_code in (303, 422)
    for surface in ("", "/dashboard", "/sign-in", "/email", "/invoice"):
        assert alice.get(f"/settings/brand/preview{surface}?{field}=%00").status_code == 200
    assert alice.post("/settings/brand/css", {"custom_css": CSS, "version": "9" * 5000}).status_code == 409


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "logo.svg", "PNG"),
        (b"", "logo.png", "empty"),
        (drawn()[:200], "logo.png", "broken or cut off"),
        (b"%PDF-1.7 not a picture", "logo.png", "PNG"),
        (drawn() + b"x" * 2_000_001, "logo.png", "2 MB are the most"),
    ],
    ids=["svg", "empty", "truncated", "pdf", "too large"],
)
def test_a_file_that_is_no_picture_for_us_is_refused_with_the_reason(acme, browse, content, name, sentence):
    alice = browse(acme, "Alice")
    sent = {**GOOD, "footer": "Typed.", "logo_file": (BytesIO(content), name)}
    answer = alice.post("/settings/brand", sent, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'id="logo_file-error"' in answer.text
    assert "Typed." in answer.text
    assert runtime().storage.names(acme.id) == []
    assert identity_of(acme) == Identity.plain()
    good = alice.post("/settings/brand", {**GOOD, "logo_file": picture()}, content_type="multipart/form-data")
    assert good.status_code == 303


def test_a_body_beyond_all_reason_is_refused(acme, browse):
    alice = browse(acme, "Alice")
    alice.get("/settings/brand")
    huge = {**GOOD, "csrf_token": alice.token, "logo_file": (BytesIO(b"x" * 8_000_000), "logo.png")}
    assert alice.post("/settings/brand", huge, content_type="multipart/form-data").status_code == 413


class TestOwnCss:
    def test_acts_on_content_pages_and_nowhere_else(self, acme, browse):
        alice = browse(acme, "Alice")
        assert alice.post("/settings/brand/css", {"custom_css": CSS, "version": "0"}).status_code == 303
        home = alice.get("/").text
        sheet = re.search(r'href="(/brand/own/\w+\.css)"', home)[1]
        assert 'class="page page-wide brandable"' in home
        assert alice.get(sheet).text.startswith("@layer brand-custom{@scope (.brandable) to (.brand-protected)")
        for open_ in ("/getting-started", "/usage", "/usage/events", "/usage/budget", "/workflows", "/workflows/new"):
            page = alice.get(open_).text
            assert "/brand/own/" in page
            assert " brandable" in page
        closed = (
            "/sign-in",
            "/account",
            "/people",
            "/teams",
            "/people/roles",
            "/people/ownership",
            "/audit",
            "/keys",
            "/billing",
        )
        closed += ("/plan", "/settings", "/settings/brand", "/settings/brand/css", "/settings/domains")
        pages = [(browse(acme) if path == "/sign-in" else alice).get(path) for path in (*closed, "/settings/security")]
        for page in pages:
            assert "/brand/own/" not in page.text
            assert "brandable" not in page.text

    def test_can_be_left_out_by_the_address(self, acme, browse):
        alice = browse(acme, "Alice")
        alice.post("/settings/brand/css", {"custom_css": CSS, "version": "0"})
        assert "/brand/own/" in alice.get("/").text
        assert "/brand/own/" not in alice.get("/?safe-brand=1").text

    def test_a_page_where_it_was_left_out_says_so(self, acme, umbrella, browse):
        alice, said = browse(acme, "Alice"), "Shown without your own CSS."
        alice.post("/settings/brand/css", {"custom_css": CSS, "version": "0"})
        assert said in alice.get("/?safe-brand=1").text
        assert said not in alice.get("/").text
        assert said not in alice.get("/people?safe-brand=1").text
        assert said not in browse(umbrella, "Charlie").get("/?safe-brand=1").text

    def test_is_refused_by_line_and_column_and_kept_in_the_field(self, acme, browse):
        alice = browse(acme, "Alice")
        wrong = ".card { color: red }\n.card { background: url(https://evil.example.com/) }\n@import 'x';"
        answer = alice.post("/settings/brand/css", {"custom_css": wrong, "version": "0"})
        assert answer.status_code == 422
        assert "Nothing was published: 2 things to mend" in answer.text
        assert "Line 2, column 21</a>" in answer.text
        assert 'data-line="3" data-column="1"' in answer.text
        assert ".card { background: <mark>u</mark>rl(https://evil.example.com/) }</code>" in answer.text
        assert identity_of(acme).custom_css == ""
        assert alice.post("/settings/brand/css", {"custom_css": CSS, "version": "0"}).status_code == 303

    def test_what_was_typed_stays_in_the_field_whole(self, acme, browse):
        alice = browse(acme, "Alice")
        typed = "\n\ufeff\n" + "p { color: <b>red</b> &amp; }  \t\n" * 1_800 + "\n\n"
        assert 59_000 < len(typed) < 65_536
        answer = alice.post("/settings/brand/css", {"custom_css": typed.replace("\n", "\r\n"), "version": "0"})
        assert answer.status_code == 422
        field = re.search(r"(?s)<textarea[^>]*>(.*?)</textarea>", answer.text)[1]
        assert unescape(field.removeprefix("\n")) == typed

    def test_of_two_people_the_second_sees_what_the_first_published_and_chooses(self, acme, browse):
        alice, adam = browse(acme, "Alice"), browse(acme, "Adam")
        first, second = "p { color: red }\n.card { gap: 1px }", "p { color: red }\n.card { gap: 2px } /* <b> */"
        assert adam.post("/settings/brand/css", {"custom_css": first, "version": "0"}).status_code == 303
        overtaken = alice.post("/settings/brand/css", {"custom_css": second, "version": "0"})
        assert overtaken.status_code == 409
        assert "Version 1 was published while you edited" in overtaken.text
        assert "Adam published it on" in overtaken.text
        lines = re.search(r'(?s)<pre class="css-changes"[^>]*>(.*?)</pre>', overtaken.text)[1].splitlines()
        assert lines == [" p { color: red }", "-.card { gap: 1px }", "+.card { gap: 2px } /* &lt;b&gt; */"]
        assert "gap: 2px } /* &lt;b&gt; */</textarea>" in overtaken.text
        assert identity_of(acme).custom_css == first

        taken = re.search(r'<a [^>]*href="([^"]+)"[^>]*><span>Take version 1<', overtaken.text)[1]
        assert "gap: 1px }</textarea>" in alice.get(taken).text
        assert "Publish mine over it" in overtaken.text
        seen = re.search(r'name="version" type="hidden" value="(\d+)"', overtaken.text)[1]
        assert alice.post("/settings/brand/css", {"custom_css": second, "version": seen}).status_code == 303
        assert identity_of(acme).custom_css == second

    def test_whoever_typed_the_same_is_told_that_it_holds(self, acme, browse):
        alice = browse(acme, "Alice")
        alice.post("/settings/brand/css", {"custom_css": CSS, "version": "0"})
        again = alice.post("/settings/brand/css", {"custom_css": CSS, "version": "0"})
        assert again.status_code == 409
        assert "You published it in another window" in again.text
        assert "What you typed is what holds now." in again.text
        assert "css-changes" not in again.text

    def test_a_class_that_no_page_has_is_remarked_on_and_kept(self, acme, browse):
        alice = browse(acme, "Alice")
        text = ".card { color: red }\n.sidebar a { color: red }\n.buton { color: red }"
        done = alice.post("/settings/brand/css", {"custom_css": text, "version": "0"})
        page = alice.follow(done).text
        assert "Published. Version 1" in page
        assert "Some of it acts on nothing" in page
        assert 'data-line="2" data-column="1"' in page
        assert "“.sidebar” is part of the frame of the pages" in page
        assert "No page has the class “.buton”. Did you mean .button?" in page
        assert identity_of(acme).custom_css == text
        alice.post("/settings/brand/css", {"custom_css": CSS, "version": "1"})
        assert "acts on nothing" not in alice.get("/settings/brand/css").text

    @pytest.mark.parametrize(("text", "status"), [(CSS, 303), ("@import 'x';", 422)])
    def test_is_cleaned_once_in_a_request(self, acme, browse, text, status):
        alice = browse(acme, "Alice")
        alice.get("/settings/brand/css")
        with calls_of(clean) as cleaned:
            answer = alice.post("/settings/brand/css", {"custom_css": text, "version": "0"})
        assert (answer.status_code, len(cleaned)) == (status, 1)

    def test_may_be_sent_only_so_often_in_a_minute_as_it_takes_work(self, app):
        marks = {name: view.access.costly for name, view in app.view_functions.items() if name.startswith("branding.")}
        assert {name for name, costly in marks.items() if costly} == {
            "branding.css",
            "branding.css_preview",
            "branding.invoice_surface",
        }

    def test_white_space_alone_is_no_sheet(self, acme, browse):
        alice = browse(acme, "Alice")
        same = alice.post("/settings/brand/css", {"custom_css": " \n\t\n", "version": "0"})
        assert "Nothing was changed" in alice.follow(same).text
        alice.post("/settings/brand/css", {"custom_css": CSS, "version": "0"})
        alice.post("/settings/brand/css", {"custom_css": " \n", "version": "1"})
        assert identity_of(acme).custom_css == ""

    def test_the_page_says_where_it_acts_and_lists_what_may_be_used(self, acme, browse):
        page = browse(acme, "Alice").get("/settings/brand/css").text
        assert "It acts on Home, Getting started, Usage and the pages of your product" in page
        for name in (".stat-value", ".table-wrap", "border-radius", "--primary"):
            assert f"<code>{name}</code>" in page

    def test_is_shown_before_it_is_published(self, acme, browse):
        alice = browse(acme, "Alice")
        shown = alice.post("/settings/brand/css/preview", {"custom_css": CSS}, page="/settings/brand/css")
        assert 'href="data:text/css;base64,' in shown.text
        assert "style-src 'self' data:" in shown.headers["Content-Security-Policy"]
        refused = alice.post("/settings/brand/css/preview", {"custom_css": "@import 'x';"}, page="/settings/brand/css")
        assert "shown without your CSS" in refused.text
        assert "data:text/css" not in refused.text
        assert identity_of(acme).custom_css == ""


class TestHistory:
    def test_tells_who_changed_what_and_brings_a_version_back(self, acme, browse):
        alice, adam = browse(acme, "Alice"), browse(acme, "Adam")
        alice.post("/settings/brand", GOOD)
        adam.post("/settings/brand", {**GOOD, "primary": "#0000aa", "radius": "none", "version": "1"})
        page = alice.get("/settings/brand/history").text
        assert "Adam" in page
        assert [words in page for words in (">Round<", ">Square<", ">Standard<", ">none<")] == [True] * 3 + [False]
        assert "#0000aa" in page
        assert page.index(">Version 2<") < page.index(">Version 1<")
        one = alice.get("/settings/brand/history/1").text
        assert "What bringing it back would change" in one
        back = alice.post("/settings/brand/history/1/restore", page="/settings/brand/history")
        assert "The brand is as in version 1 again; this is version 3." in alice.follow(back).text
        assert identity_of(acme).primary == "#c8102e"
        again = alice.post("/settings/brand/history/1/restore")
        assert "Nothing was changed" in alice.follow(again).text

    def test_names_single_colours_as_the_page_does(self, acme, browse):
        alice = browse(acme, "Alice")
        single = {"single.light.link": "#0a7350", "single.dark.background": "#000000"}
        assert alice.post("/settings/brand", {**GOOD, **single}).status_code == 303
        told = "Page, dark: #000000; Links, light: #0a7350"
        assert told in alice.get("/settings/brand/history").text
        assert told in alice.post("/settings/brand", {**GOOD, "single.light.link": "#1d4ed8"}).text

    def test_shows_pictures_small_and_says_which_are_gone(self, acme, browse):
        with tenant_work(acme):
            first = upload_picture(drawn(), purpose="logo", name="first.png", actor=SYSTEM).id
            second = upload_picture(drawn(colour="#0000aa"), purpose="logo", name="", actor=SYSTEM).id
            publish(Identity(logo=first), actor=SYSTEM)
            publish(Identity(logo=second), actor=SYSTEM)
        alice = browse(acme, "Alice")
        for path in ("/settings/brand/history", "/settings/brand/history/1"):
            page = alice.get(path).text
            assert f'src="/brand/{first}/small.png" alt="Logo: first.png"' in page
            assert f'src="/brand/{second}/small.png" alt="Logo: 400 × 100 pixels"' in page
            assert "a picture that is gone" not in page
            assert f">{first}<" not in page
        with tenant_work(acme) as session:
            session.delete(session.get_one(BrandPicture, first))
        page = alice.get("/settings/brand/history").text
        assert page.count("a picture that is gone") == 2
        assert f"/brand/{first}/" not in page
        assert f"/brand/{second}/small.png" in page

    def test_says_what_to_do_while_there_is_none(self, acme, browse):
        assert "No version yet" in browse(acme, "Alice").get("/settings/brand/history").text

    @pytest.mark.parametrize("number", ["9", "0", "-1", "1e3", "99999999999"])
    def test_knows_no_other_versions(self, acme, browse, number):
        alice = browse(acme, "Alice")
        alice.post("/settings/brand", GOOD)
        assert alice.get("/settings/brand/history/1").status_code == 200
        assert alice.get(f"/settings/brand/history/{number}").status_code == 404
        assert alice.post(f"/settings/brand/history/{number}/restore").status_code == 404

    def test_asks_as_much_for_many_versions_as_for_few(self, acme, browse):
        def asked() -> int:
            alice.get("/settings/brand/history")
            with statements_sent() as statements:
                alice.get("/settings/brand/history")
            return len(statements)

        alice, counts = browse(acme, "Alice"), []
        for colour in ("#c8102e", "#0000aa", "#00aa00", "#aa00aa"):
            with tenant_work(acme):
                publish(Identity(primary=colour), actor=SYSTEM)
            counts.append(asked())
        assert len(set(counts)) == 1


class TestTidying:
    def test_removes_pictures_that_were_never_published_and_keeps_those_that_were(self, acme):
        with tenant_work(acme):
            shown = upload_picture(drawn(), purpose="logo", actor=SYSTEM).id
            stray = upload_picture(drawn(colour="#0000aa"), purpose="logo", actor=SYSTEM).id
            again = upload_picture(drawn(colour="#00aa00"), purpose="logo", actor=SYSTEM).id
            publish(Identity(logo=shown), actor=SYSTEM)
            publish(Identity(), actor=SYSTEM)
            tidy()
            assert set(get_pictures([shown, stray, again])) == {shown, stray, again}
        with time_machine.travel(now() + timedelta(days=4)):
            with tenant_work(acme):
                upload_picture(drawn(colour="#00aa00"), purpose="logo", actor=SYSTEM)
                tidy()
                assert set(get_pictures([shown, stray, again])) == {shown, again}
            with tenant_work(acme):
                tidy()
        assert {name.split("/")[1] for name in runtime().storage.names(acme.id)} == {shown, again}

    def test_keeps_files_until_their_rows_are_gone_for_good(self, acme):
        with tenant_work(acme):
            stray = upload_picture(drawn(), purpose="logo", actor=SYSTEM).id
        with time_machine.travel(now() + timedelta(days=4)), tenant_scope(acme):
            tidy()  # and the transaction is lost
        with tenant_scope(acme):
            assert set(get_pictures([stray])) == {stray}
        assert runtime().storage.get(acme.id, f"brand/{stray}/large.png")

    def test_keeps_two_hundred_versions(self, acme):
        with tenant_work(acme) as session:
            publish(Identity(primary="#c8102e"), actor=SYSTEM)
            rows = [
                {"number": n, "identity": {}, "styles": "", "css": "", "author_name": "Alice"} for n in range(2, 203)
            ]
            session.execute(insert(BrandVersion), rows)
            tidy()
            assert get_version(2) is None
            assert get_version(3) is not None
            assert get_identity()[1] == 202

    def test_gives_a_brand_of_an_older_compiler_a_new_sheet_and_leaves_others(self, acme, monkeypatch):
        with tenant_work(acme):
            first = publish(Identity(primary="#c8102e", footer="Ours."), actor=SYSTEM)
            tidy()
            assert get_identity()[1] == 1
            monkeypatch.setattr("saas.branding.css.COMPILER", "of tomorrow")
            tidy()
            identity, number = get_identity()
            assert (number, identity.primary, identity.footer) == (2, "#c8102e", "Ours.")
            tidy()
            assert get_identity()[1] == 2
            assert first.styles != ""

    @pytest.mark.parametrize("colours", [{"primary": "#c8102e"}, {}])
    def test_keeps_the_look_anew_where_an_older_release_knew_less_and_writes_nothing_otherwise(self, acme, colours):
        with tenant_work(acme):
            logo = upload_picture(drawn(colour="#ffffff", ground="#ffffff00"), purpose="logo", actor=SYSTEM).id
            publish(replace(Identity.plain(), **colours, logo=logo, custom_css=CSS), actor=SYSTEM)
            made = get_standing().config[LOOK]
            keep({LOOK: {name: value for name, value in made.items() if name != "pale"}})
            assert not present_look().pale
            tidy()
            assert get_standing().config[LOOK] == made
            assert present_look().pale
            with statements_sent() as sent:
                tidy()
            assert [one for one in sent if one.startswith("UPDATE")] == []
            assert get_identity()[1] == 1


def told(page: str) -> list[str]:
    """What the page says was done, each where the focus goes."""
    return re.findall(r'(?s)<div tabindex="-1" autofocus><div [^>]*role="status">.*?alert-title">(.*?)</p>', page)


def test_the_page_says_what_a_button_did_and_leads_there(acme, browse):
    alice = browse(acme, "Alice")

    def press(do: str, **more: object) -> str:
        return alice.post("/settings/brand", {**GOOD, **more, "do": do}, content_type="multipart/form-data").text

    sent = press("upload", logo_file=picture())
    assert told(sent) == ["The logo is uploaded"]
    assert sent.index("Publish to wear it.") > sent.index("Name and pictures")
    logo = re.search(r'name="logo" type="hidden" value="(\w{16})"', sent)[1]
    assert told(press("preview", logo=logo)) == []
    assert told(press("colours:logo", logo=logo)) == ["The colours of the picture are taken over"]
    assert told(press("theme:finance")) == ["Finance is shown"]
    assert told(press("upload", logo_file=picture(b"no picture"))) == []
    press("publish", logo=logo)
    assert "It is worn already." in press("upload", logo_file=picture(), version="1")
    assert told(press("remove:logo", logo=logo, version="1")) == ["The logo is left out"]


def entered(page: str) -> dict[str, str]:
    """What the form of a page sends when nothing is touched."""
    start = page.index('id="brand-form"')
    fields = re.findall(r'<input[^>]* name="([\w.]+)"[^>]* value="([^"]*)"', page[start:])
    fields += re.findall(r'<input[^>]* value="([^"]*)"[^>]* name="([\w.]+)"', page[start:])
    footer = re.search(r'(?s)<textarea[^>]*name="footer"[^>]*>\s*(.*?)</textarea>', page)[1]
    return {
        **GOOD,
        **{name: unescape(value) for name, value in fields if name not in ("level", "bare", "csrf_token")},
        "footer": footer,
    }


def test_of_two_tabs_each_publishes_only_what_was_changed_in_it(acme, browse):
    alice, adam = browse(acme, "Alice"), browse(acme, "Adam")
    alice.post("/settings/brand", {**GOOD, "footer": "First.", "single.light.link": "#1d4ed8"})
    begun = entered(alice.get("/settings/brand").text)
    assert (begun["version"], begun["footer"], begun["single.light.link"]) == ("1", "First.", "#1d4ed8")
    theirs = {"footer": "Since 1901.", "terms": "https://example.com/t", "single.dark.link": "#99bbdd"}
    theirs |= {"support_address": "help@example.com", "name": "Theirs"}
    assert adam.post("/settings/brand", {**begun, **theirs}).status_code == 303
    mine = {"primary": "#0000AA", "name": "Mine", "single.light.link": ""}
    overtaken = alice.post("/settings/brand", {**begun, **mine})
    assert overtaken.status_code == 409
    changes = re.search(r'(?s)<dl class="brand-changes">.*?</dl>', overtaken.text)[0]
    assert re.findall(r"<dt>(.*?)</dt>", changes) == ["Primary colour", "Single colours", "Company name"]
    assert re.findall(r'<span class="clip">(.*?)</span>', changes)[-2:] == ["Theirs", "Mine"]
    assert alice.post("/settings/brand", entered(overtaken.text)).status_code == 303
    held = identity_of(acme)
    assert (held.primary, held.name, dict(held.overrides)) == ("#0000aa", "Mine", {"dark.link": "#99bbdd"})
    assert (held.footer, held.terms) == ("Since 1901.", "https://example.com/t")
    assert 'value="help@example.com"' in alice.get("/settings/brand").text


def test_a_tab_that_began_long_ago_does_not_put_an_old_support_address_back(acme, browse):
    alice, adam = browse(acme, "Alice"), browse(acme, "Adam")
    begun = entered(alice.get("/settings/brand").text)
    adam.post("/settings/brand", {**begun, "support_address": "help@example.com"})
    assert alice.post("/settings/brand", {**begun, "primary": "#0000aa"}).status_code == 303
    assert 'value="help@example.com"' in alice.get("/settings/brand").text
    cleared = {**entered(alice.get("/settings/brand").text), "support_address": ""}
    assert "The support address is saved." in alice.follow(alice.post("/settings/brand", cleared)).text
    assert 'value="help@example.com"' not in alice.get("/settings/brand").text
