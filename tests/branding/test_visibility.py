"""Logos that cannot be made out where they are worn: told beside their field, and put on a plate."""

from io import BytesIO

import pytest

from saas.billing.paperbrand import paper_brand
from saas.branding.identity import Identity
from saas.branding.operations import publish, upload_picture
from saas.core.actor import SYSTEM
from saas.core.runtime import runtime
from saas.tenancy.scope import tenant_work
from tests.branding.pictures import drawn
from tests.branding.test_api import speaker
from tests.branding.test_pages import GOOD, picture

CLEAR = "#ffffff00"
WHITE, BLACK = drawn(colour="#ffffff", ground=CLEAR), drawn(colour="#000000", ground=CLEAR)
THIN = drawn(size=(400, 44), colour="#000000")
OBLONG = "This icon is far from square"
LIGHT, DARK = "This logo hardly stands out from light pages", "This logo hardly stands out from dark pages"


def page_with(alice, **files: bytes) -> str:
    sent = {f"{name}_file": picture(content) for name, content in files.items()}
    return alice.post("/settings/brand", {**GOOD, **sent, "do": "upload"}, content_type="multipart/form-data").text


@pytest.mark.parametrize(
    ("files", "said", "unsaid"),
    [
        ({"logo": WHITE}, [LIGHT, "and this one as the logo for dark pages"], [DARK]),
        ({"logo": WHITE, "logo_dark": WHITE}, [LIGHT, "Upload a darker one here."], [DARK, "and this one as"]),
        ({"logo": drawn(colour="#00ffff", ground=CLEAR)}, [LIGHT], [DARK]),
        ({"logo": drawn(colour="#ffffee")}, [LIGHT], [DARK]),
        ({"logo": BLACK}, [], [LIGHT, DARK]),
        ({"logo": THIN}, [], [LIGHT, DARK]),
        ({"logo": drawn()}, [], [LIGHT, DARK]),
        ({"logo": BLACK, "logo_dark": WHITE}, [], [LIGHT, DARK]),
        ({"logo": BLACK, "logo_dark": BLACK}, [DARK, "Upload a lighter one here"], [LIGHT]),
        ({"icon": WHITE}, [OBLONG], [LIGHT, DARK]),
        ({"icon": drawn(size=(126, 100))}, [OBLONG], []),
        ({"icon": drawn(size=(100, 125))}, [], [OBLONG]),
    ],
)
def test_the_page_tells_which_logo_hardly_stands_out_and_what_to_do(acme, browse, files, said, unsaid):
    page = page_with(browse(acme, "Alice"), **files)
    assert [one for one in said if one not in page] == []
    assert [one for one in unsaid if one in page] == []


@pytest.mark.parametrize(("content", "plate"), [(WHITE, "#14181a"), (BLACK, "")])
def test_a_logo_that_would_vanish_on_white_stands_on_a_dark_plate_and_on_no_paper(
    acme, browse, mailbox, content, plate
):
    with tenant_work(acme):
        logo = upload_picture(content, purpose="logo", actor=SYSTEM).id
        publish(Identity(primary="#c8102e", logo=logo), actor=SYSTEM)
        assert (paper_brand(runtime().look(), acme.name).logo is None) is bool(plate)
    assert ("brand-logo-pale" in browse(acme).get("/sign-in").text) is bool(plate)
    browse(acme).post("/forgot", {"email": acme.email("Bob")})
    html = mailbox.messages(acme.email("Bob"))[-1].get_body(("html",)).get_content()
    tag = html[html.index("<img") :].partition(">")[0]
    assert ("background-color: #14181a" in tag) is bool(plate)


def test_programs_are_told_too(app, acme):
    call = speaker(app, acme, "branding.manage")
    pale = call("POST", "/logo", data={"logo_file": (BytesIO(WHITE), "logo.png")}).json
    assert [one.partition(".")[0] for one in pale["warnings"]] == [LIGHT]
    assert call("GET").json["pictures"]["logo"]["warnings"] == pale["warnings"]
    dark = call("POST", "/logo", data={"purpose": "logo_dark", "logo_file": (BytesIO(WHITE), "logo.png")}).json
    assert dark["warnings"] == []
    oblong = call("POST", "/logo", data={"purpose": "icon", "logo_file": (BytesIO(drawn()), "icon.png")}).json
    assert oblong["warnings"][0].startswith(f"{OBLONG}. Browser tabs show a square;")
    assert call("POST", "/logo", data={"logo_file": (BytesIO(BLACK), "logo.png")}).json["warnings"] == []
