"""The pages of API keys, and the command line."""

import csv
import re
from datetime import UTC, datetime, timedelta
from io import StringIO
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from flask.cli import ScriptInfo
from sqlalchemy import update

from saas.__main__ import group as saas
from saas.accounts.models import UserSession
from saas.core.apikeys import is_genuine
from saas.core.clock import now
from saas.core.database import db
from saas.keys.models import ApiKey
from saas.tenancy.lifecycle import COMMAND_LINE
from saas.tenancy.models import Tenant
from saas.tenancy.scope import platform_work, tenant_scope, tenant_work
from tests.log import log_of

FORM = {"name": "Robot", "expiry": "90", "permissions": ["workflows.view", "workflows.run"]}


def secret_in(page: str) -> str:
    found = re.search(r'id="secret" value="([^"]+)"', page)
    assert found, "no secret on this page"
    return found.group(1)


def names(page: str) -> list[str]:
    return re.findall(r'<a class="strong" href="/keys/[^"]+">([^<]*)</a>', page)


def only_key(organisation) -> ApiKey:
    with tenant_scope(organisation):
        return db.session.query(ApiKey).one()


class TestMaking:
    def test_the_secret_is_shown_once_and_works(self, acme, browse, call):
        adam = browse(acme, "Adam")
        answer = adam.post("/keys/new", FORM)
        secret = secret_in(answer.text)
        assert answer.headers["Cache-Control"] == "no-store"
        assert is_genuine(secret, "test")
        assert call(acme.host, secret).json["permissions"] == ["workflows.run", "workflows.view"]
        key = only_key(acme)
        for page in ("/keys", f"/keys/{key.id}", f"/keys/{key.id}/rotate", "/keys/export.csv"):
            told = adam.get(page)
            assert told.status_code == 200
            assert secret[14:40] not in told.text

    def test_the_form_sent_again_makes_no_second_key(self, acme, browse):
        adam = browse(acme, "Adam")
        number = re.search(r'name="number"[^>]*value="([^"]+)"', adam.get("/keys/new").text).group(1)
        adam.post("/keys/new", {**FORM, "number": number})
        again = adam.post("/keys/new", {**FORM, "number": number})
        assert "This key was made already." in adam.follow(again).text
        assert only_key(acme).name == "Robot"

    @pytest.mark.parametrize(("expiry", "days"), [("30", 30), ("90", 90), ("365", 365), ("never", None)])
    def test_it_ends_when_it_was_told_to(self, acme, browse, expiry, days):
        browse(acme, "Adam").post("/keys/new", {**FORM, "expiry": expiry, "expires_on": "nonsense"})
        ends = only_key(acme).expires_at
        assert (ends is None) if days is None else abs(ends - now() - timedelta(days=days)) < timedelta(minutes=5)

    def test_a_chosen_day_ends_when_it_ends_at_the_organisation(self, acme, browse):
        with platform_work():
            db.session.execute(update(Tenant).where(Tenant.id == acme.id).values(time_zone="Pacific/Auckland"))
        day = (now() + timedelta(days=40)).date()
        browse(acme, "Adam").post("/keys/new", {**FORM, "expiry": "custom", "expires_on": day.isoformat()})
        midnight = datetime.combine(day + timedelta(days=1), datetime.min.time(), ZoneInfo("Pacific/Auckland"))
        assert only_key(acme).expires_at == midnight.astimezone(UTC)

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"name": ""}, "This is needed."),
            ({"name": "x" * 10_000}, "Use at most 100 characters."),
            ({"name": "a\u202eb"}, "This holds characters that cannot be used here."),
            ({"permissions": []}, "Choose at least one permission."),
            ({"permissions": ["nothing.known"]}, "Choose at least one permission."),
            ({"permissions": ["members.view", "nothing.known"]}, "Please choose from these permissions."),
            ({"permissions": ["organisations.delete"]}, "A key cannot do more than you can."),
            ({"expiry": "x"}, "Please choose one of these."),
            ({"expiry": "custom"}, "Choose the last day."),
            ({"expiry": "custom", "expires_on": "soon"}, "Please enter a day such as 2027-01-31."),
            ({"expiry": "custom", "expires_on": "2020-01-01"}, "Choose a day from today on, within ten years."),
            ({"expiry": "custom", "expires_on": "9999-12-31"}, "Choose a day within ten years."),
            ({"expiry": "custom", "expires_on": "2999-01-01"}, "Choose a day from today on, within ten years."),
        ],
    )
    def test_what_cannot_be_is_said_and_the_rest_is_kept(self, acme, browse, values, words):
        adam = browse(acme, "Adam")
        answer = adam.post("/keys/new", {**FORM, "name": "Kept", **values})
        assert answer.status_code == 422
        assert words in answer.text
        if "name" not in values:
            assert 'value="Kept"' in answer.text
        with tenant_scope(acme):
            assert db.session.query(ApiKey).count() == 0

    def test_only_what_one_holds_is_offered(self, acme, browse):
        offered = re.findall(r'name="permissions" value="([^"]+)"', browse(acme, "Adam").get("/keys/new").text)
        assert "members.view" in offered
        assert "organisations.delete" not in offered
        assert "organisations.delete" in browse(acme, "Alice").get("/keys/new").text

    def test_the_password_is_asked_for_when_it_was_typed_long_ago(self, acme, browse, make):
        adam, key = browse(acme, "Adam"), make(acme)
        with tenant_work(acme):
            db.session.execute(update(UserSession).values(confirmed_at=now() - timedelta(hours=1)))
        for page in ("/keys/new", f"/keys/{key.id}/rotate"):
            assert adam.get(page).headers["Location"].startswith("/confirm?next=")
        assert adam.get("/keys").status_code == 200


class TestTheList:
    def test_it_is_searched_filtered_and_ordered(self, acme, browse, make):
        make(acme, name="Zebra", days=None)
        make(acme, name="apple", days=3)
        over, off = make(acme, name="Over"), make(acme, name="Off")
        over.put(expires_at=now() - timedelta(days=1))
        off.put(revoked_at=now())
        adam = browse(acme, "Adam")
        assert names(adam.get("/keys?sort=name").text) == ["apple", "Off", "Over", "Zebra"]
        assert names(adam.get("/keys?q=APP").text) == ["apple"]
        assert names(adam.get(f"/keys?q={off.row.hint[:14]}").text) == ["Off"]
        for status, found in {"active": "Zebra", "expiring": "apple", "expired": "Over", "revoked": "Off"}.items():
            page = adam.get(f"/keys?status={status}").text
            assert names(page) == [found]
            assert f"</span>{status.capitalize()}</span>" in page
        assert "Nothing matches" in adam.get("/keys?q=nothing").text

    @pytest.mark.parametrize("query", ["status=x", "sort=token_hash", "page=x", "q=%00"])
    def test_an_address_that_makes_no_sense_shows_the_list(self, acme, browse, make, query):
        make(acme)
        for path in ("/keys", "/keys/export.csv"):
            answer = browse(acme, "Adam").get(f"{path}?{query}")
            assert answer.status_code == 200
            assert "Robot" in answer.text

    def test_without_keys_it_says_what_to_do(self, acme, browse):
        assert "No API keys yet" in browse(acme, "Adam").get("/keys").text

    def test_it_costs_the_same_however_long_it_is(self, acme, browse, make, statements):
        adam = browse(acme, "Adam")
        make(acme)
        adam.get("/keys")
        statements.clear()
        adam.get("/keys")
        few = len(statements)
        for _ in range(5):
            make(acme)
        statements.clear()
        assert len(names(adam.get("/keys").text)) == 6
        assert len(statements) == few <= 4

    def test_the_csv_holds_no_formula(self, acme, browse, make):
        make(acme, name="=1+1", by="Adam")
        head, row = csv.reader(StringIO(browse(acme, "Adam").get("/keys/export.csv").text))
        assert head[:4] == ["Name", "Key", "Status", "Permissions"]
        assert (row[0], row[2], row[3], row[4]) == ("'=1+1", "active", "workflows.view", "Adam")

    def test_it_is_in_the_menu_of_whoever_may_open_it(self, acme, browse):
        assert 'href="/keys"' in browse(acme, "Adam").get("/").text
        assert 'href="/keys"' not in browse(acme, "Bob").get("/").text


class TestOneKey:
    def test_it_tells_what_it_may_do_and_by_whom_it_was_made(self, acme, browse, make):
        key = make(acme, "members.view", by="Adam")
        page = browse(acme, "Adam").get(f"/keys/{key.id}").text
        assert "See people and teams" in page
        assert key.row.hint in page
        assert "Made by" in page

    def test_it_is_renewed_with_a_grace(self, acme, browse, make, call):
        key, adam = make(acme), browse(acme, "Adam")
        answer = adam.post(f"/keys/{key.id}/rotate", {"seen": key.row.hint, "grace": "3600"})
        renewed = secret_in(answer.text)
        assert "The former secret works on until" in answer.text
        assert [call(acme.host, one).status_code for one in (key.secret, renewed)] == [200, 200]
        again = adam.post(f"/keys/{key.id}/rotate", {"seen": "saas_test_old…hint", "grace": "0"})
        assert "This key was renewed meanwhile." in adam.follow(again).text
        assert call(acme.host, key.secret).status_code == 200
        ended = adam.post(f"/keys/{key.id}/end-grace")
        assert "works no longer" in adam.follow(ended).text
        assert [call(acme.host, one).status_code for one in (key.secret, renewed)] == [401, 200]

    def test_one_that_is_of_no_use_any_more_offers_no_renewal(self, acme, browse, make):
        key, other, adam = make(acme), make(acme), browse(acme, "Adam")
        adam.get("/keys")
        adam.post(f"/keys/{key.id}/revoke")
        answer = adam.get(f"/keys/{key.id}/rotate")
        assert answer.headers["Location"] == f"/keys/{key.id}"
        assert "This key is revoked. Make a new one." in adam.follow(answer).text
        assert adam.get(f"/keys/{other.id}/rotate").status_code == 200

    @pytest.mark.parametrize("grace", ["", "x", "-1", "99999999999"])
    def test_a_grace_that_is_not_offered_renews_nothing(self, acme, browse, make, grace):
        key = make(acme)
        adam = browse(acme, "Adam")
        for values in ({"seen": key.row.hint, "grace": grace}, {"seen": key.row.hint}):
            assert adam.post(f"/keys/{key.id}/rotate", values).status_code == 422
        assert key.row.rotated_at is None

    def test_it_is_revoked_once(self, acme, browse, make, call):
        key, adam = make(acme), browse(acme, "Adam")
        assert "Revoke key" in adam.get(f"/keys/{key.id}").text
        revoked = adam.post(f"/keys/{key.id}/revoke")
        assert "The next request with it is refused." in adam.follow(revoked).text
        assert call(acme.host, key.secret).status_code == 401
        assert "is revoked already" in adam.follow(adam.post(f"/keys/{key.id}/revoke")).text
        assert "Renew the secret" not in adam.get(f"/keys/{key.id}").text

    def test_one_that_can_do_more_can_be_revoked_and_not_renewed(self, acme, browse, make):
        key, adam = make(acme, "organisations.delete"), browse(acme, "Adam")
        page = adam.get(f"/keys/{key.id}").text
        assert "This key can do more than you can" in page
        assert adam.post(f"/keys/{key.id}/rotate", {"seen": key.row.hint, "grace": "0"}).status_code == 403
        assert adam.post(f"/keys/{key.id}/revoke").status_code == 303

    def test_keys_of_another_organisation_are_not_found(self, cast, browse, make):
        key, adam = make(cast.umbrella), browse(cast.acme, "Adam")
        adam.get("/keys/new")
        for path in ("", "/rotate"):
            assert adam.get(f"/keys/{key.id}{path}").status_code == 404
        for path in ("rotate", "end-grace", "revoke"):
            assert adam.post(f"/keys/{key.id}/{path}", {"seen": key.row.hint, "grace": "0"}).status_code == 404
        assert key.row.revoked_at is None

    def test_members_open_none_of_it(self, acme, browse, make):
        key, bob = make(acme), browse(acme, "Bob")
        for path in ("/keys", "/keys/new", "/keys/export.csv", f"/keys/{key.id}", f"/keys/{key.id}/rotate"):
            assert bob.get(path).status_code == 403
        bob.get("/")
        assert bob.post(f"/keys/{key.id}/revoke").status_code == 403


class TestTheCommandLine:
    @pytest.fixture
    def run(self, app):
        """Run ``saas keys …``."""
        script = ScriptInfo(create_app=lambda: app)
        return lambda *args, **options: app.test_cli_runner().invoke(
            saas, ["keys", *map(str, args)], obj=script, **options
        )

    def test_it_makes_master_keys_as_before(self, run):
        assert run("new").output.startswith("1:")

    def test_it_lists_keys_without_secrets(self, acme, make, run):
        key, off = make(acme), make(acme, name="Off")
        off.put(revoked_at=now())
        shown = run("list", acme.slug).output
        assert str(key.id) in shown
        assert key.row.hint in shown
        assert key.secret not in shown
        assert "Off" not in run("list", acme.slug, "--status", "active").output
        assert "no such API keys" in run("list", acme.slug, "--status", "expired").output

    @pytest.mark.parametrize("way", ["id", "hint", "secret"])
    def test_it_revokes_one(self, acme, make, call, run, way):
        key, other = make(acme), make(acme)
        named = {"id": str(key.id), "hint": key.row.hint, "secret": "-"}[way]
        result = run("revoke", acme.slug, named, "--yes", input=f"{key.secret}\n")
        assert result.exit_code == 0, result.output
        assert log_of(acme, "keys.key.revoked")[-1].actor_name == COMMAND_LINE.name
        assert [call(acme.host, one.secret).status_code for one in (key, other)] == [401, 200]

    def test_it_asks_first(self, acme, make, call, run):
        key = make(acme)
        assert run("revoke", acme.slug, key.id, input="n\n").exit_code == 1
        assert call(acme.host, key.secret).status_code == 200

    def test_it_revokes_all(self, cast, make, call, run):
        keys, other = [make(cast.acme) for _ in range(2)], make(cast.umbrella)
        assert run("revoke", cast.acme.slug, "--all", "--yes").exit_code == 0
        assert {call(cast.acme.host, key.secret).status_code for key in keys} == {401}
        assert call(cast.umbrella.host, other.secret).status_code == 200
        assert "no API key in use" in run("revoke", cast.acme.slug, "--all", "--yes").output

    @pytest.mark.parametrize("named", ["nobody", uuid4(), "saas_test_x"])
    def test_what_is_not_there_is_told(self, acme, make, run, named):
        make(acme)
        assert run("revoke", acme.slug, named, "--yes").exit_code != 0
        assert run("revoke", acme.slug).exit_code == 2
        assert run("list", "nobody").exit_code != 0
