"""Requests with a key: where they are taken, what they may do, and what ends them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, text, update
from structlog.testing import capture_logs

from saas.accounts.models import User
from saas.core.actor import SYSTEM
from saas.core.apikeys import new_key
from saas.core.clock import now
from saas.core.crypto import token_hash
from saas.core.database import db
from saas.keys import seen
from saas.keys.models import ApiKey
from saas.keys.operations import revoke_key, rotate_key
from saas.tenancy.models import Status, Tenant
from saas.tenancy.operations import change_status
from saas.tenancy.provisioning import tenant_tables
from saas.tenancy.queries import get_tenant
from saas.tenancy.scope import platform_work, tenant_scope, tenant_work
from saas.web.access import access_of
from tests.keys.conftest import ME

BASE = "example.test"


class TestWhereItIsTaken:
    def test_on_the_host_and_on_the_apex_by_path_and_by_header(self, acme, make, call):
        key = make(acme)
        answers = [
            call(acme.host, key.secret),
            call(acme.host, key.secret, headers={"X-Tenant-ID": acme.slug}),
            call(BASE, key.secret, headers={"X-Tenant-ID": acme.slug}),
            call(BASE, key.secret, f"/tenant/{acme.slug}{ME}"),
        ]
        assert [answer.status_code for answer in answers] == [200] * 4
        for answer in answers:
            told = answer.json
            assert (told["kind"], told["id"], told["name"]) == ("api_key", str(key.id), "Robot")
            assert (told["tenant_id"], told["permissions"]) == (acme.slug, ["workflows.view"])

    def test_the_organisation_tells_it_what_it_is(self, acme, make, call):
        assert call(acme.host, make(acme).secret, "/api/tenant/info").json["tenant_id"] == acme.slug

    def test_another_organisation_does_not_know_it(self, cast, make, call):
        key = make(cast.acme)
        answers = [
            call(cast.umbrella.host, key.secret),
            call(BASE, key.secret, headers={"X-Tenant-ID": cast.umbrella.slug}),
            call(BASE, key.secret, f"/tenant/{cast.umbrella.slug}{ME}"),
        ]
        assert [answer.status_code for answer in answers] == [401] * 3
        assert {answer.json["code"] for answer in answers} == {"bad_key"}
        assert {answer.mimetype for answer in answers} == {"application/problem+json"}
        assert "invalid_token" in answers[0].headers["WWW-Authenticate"]

    def test_names_that_disagree_are_refused(self, cast, make, call):
        key = make(cast.acme)
        assert call(cast.acme.host, key.secret, headers={"X-Tenant-ID": cast.umbrella.slug}).status_code == 404

    def test_without_a_name_of_the_organisation_it_opens_nothing(self, acme, make, call):
        assert call(BASE, make(acme).secret).status_code == 404

    def test_pages_for_people_do_not_know_it(self, acme, make, call):
        answer = call(acme.host, make(acme).secret, "/workflows")
        assert answer.status_code == 302
        assert "/sign-in" in answer.headers["Location"]

    def test_a_cookie_beside_it_means_nothing(self, acme, make, browse):
        key, alice = make(acme), browse(acme, "Alice")
        answer = alice.get(ME, headers={"Authorization": f"Bearer {key.secret}"})
        assert answer.json["kind"] == "api_key"
        wrong = alice.get(ME, headers={"Authorization": f"Bearer {new_key('test')}"})
        assert wrong.status_code == 401
        assert alice.get(ME).json["kind"] == "member"


class TestWhatItMayDo:
    def test_what_it_was_given_and_nothing_else(self, acme, make, call):
        key = make(acme, "workflows.view")
        assert call(acme.host, key.secret, "/api/workflows").status_code == 200
        refused = call(acme.host, make(acme, "members.view").secret, "/api/workflows")
        assert refused.status_code == 403
        assert "See workflows" in refused.json["detail"]

    def test_a_change_needs_no_token_of_a_page(self, acme, make, call):
        key = make(acme, "workflows.run")
        missing = "/api/workflows/0193a5f0-7d3c-7000-8000-00000000abcd/runs"
        assert call(acme.host, key.secret, missing, "POST").status_code == 404
        assert call(acme.host, make(acme).secret, missing, "POST").status_code == 403

    def test_what_it_does_stands_under_its_name(self, acme, make, call, workflow):
        key = make(acme, "workflows.run")
        accepted = call(acme.host, key.secret, f"/api/workflows/{workflow}/runs", "POST")
        assert accepted.status_code == 202

    def test_views_for_people_refuse_it_in_words(self, app, acme, make, call, monkeypatch):
        view = app.view_functions["accounts_api.me"]
        monkeypatch.setattr(view, "access", replace(access_of(view), even_keys=False))
        refused = call(acme.host, make(acme).secret)
        assert refused.status_code == 403
        assert "for people" in refused.json["detail"]
        monkeypatch.setattr(view, "access", replace(access_of(view), even_keys=True, confirmed=True))
        assert call(acme.host, make(acme).secret).status_code == 403

    def test_a_permission_that_is_declared_no_longer_is_held_no_longer(self, acme, make, call):
        key = make(acme)
        key.put(permissions=["workflows.view", "abolished.thing"])
        assert call(acme.host, key.secret).json["permissions"] == ["workflows.view"]

    def test_it_keeps_what_it_was_given_when_its_maker_loses_it(self, acme, make, call):
        key = make(acme, "workflows.view", "workflows.delete", by="Adam")
        with tenant_work(acme):
            db.session.execute(update(User).where(User.id == acme.people["Adam"].id).values(role="viewer"))
        assert call(acme.host, key.secret).json["permissions"] == ["workflows.delete", "workflows.view"]

    @pytest.mark.parametrize("gone", [{"is_active": False}, {"is_active": False, "removed_at": now()}])
    def test_it_survives_whoever_made_it(self, acme, make, call, gone):
        key = make(acme, by="Adam")
        with tenant_work(acme):
            db.session.execute(update(User).where(User.id == acme.people["Adam"].id).values(**gone))
        assert call(acme.host, key.secret).status_code == 200
        assert key.row.created_by_name == "Adam"

    def test_even_when_nothing_is_left_of_them(self, acme, make, call):
        key = make(acme, by="Adam")
        with tenant_work(acme):
            db.session.execute(delete(User).where(User.id == acme.people["Adam"].id))
        assert call(acme.host, key.secret).status_code == 200
        assert (key.row.created_by_id, key.row.created_by_name) == (None, "Adam")


class TestWhatEndsIt:
    def test_revoked_it_fails_at_the_next_request(self, acme, make, call):
        key, other = make(acme), make(acme)
        assert call(acme.host, key.secret).status_code == 200
        with tenant_work(acme):
            revoke_key(key.id, actor=SYSTEM)
        assert call(acme.host, key.secret).status_code == 401
        assert call(acme.host, other.secret).status_code == 200

    def test_expired_it_fails(self, acme, make, call):
        key = make(acme)
        key.put(expires_at=now() + timedelta(minutes=1))
        assert call(acme.host, key.secret).status_code == 200
        key.put(expires_at=now() - timedelta(seconds=1))
        assert call(acme.host, key.secret).status_code == 401

    def test_unknown_revoked_and_expired_are_refused_alike(self, acme, make, call):
        revoked, expired = make(acme), make(acme)
        revoked.put(revoked_at=now())
        expired.put(expires_at=now())
        answers = [call(acme.host, secret) for secret in (new_key("test"), revoked.secret, expired.secret)]
        told = {(answer.status_code, answer.json["code"], answer.json["detail"]) for answer in answers}
        assert len(told) == 1

    def test_renewed_both_secrets_work_until_the_grace_ends(self, acme, make, call):
        key = make(acme)
        with tenant_work(acme):
            _, secret = rotate_key(key.id, grace=timedelta(hours=1), actor=SYSTEM)
        assert [call(acme.host, one).status_code for one in (key.secret, secret)] == [200, 200]
        key.put(former_until=now())
        assert [call(acme.host, one).status_code for one in (key.secret, secret)] == [401, 200]

    def test_renewed_without_grace_the_former_secret_fails_at_once(self, acme, make, call):
        key = make(acme)
        with tenant_work(acme):
            _, secret = rotate_key(key.id, grace=timedelta(0), actor=SYSTEM)
        assert [call(acme.host, one).status_code for one in (key.secret, secret)] == [401, 200]

    def test_revoking_ends_a_former_secret_too(self, acme, make, call):
        key = make(acme)
        with tenant_work(acme):
            rotate_key(key.id, grace=timedelta(hours=1), actor=SYSTEM)
            revoke_key(key.id, actor=SYSTEM)
        assert call(acme.host, key.secret).status_code == 401

    def test_a_suspended_organisation_answers_402(self, acme, make, call):
        key = make(acme)
        with platform_work():
            change_status(get_tenant(acme.slug), Status.SUSPENDED, reason="unpaid", actor=SYSTEM)
        refused = call(acme.host, key.secret)
        assert (refused.status_code, refused.json["code"]) == (402, "tenant_suspended")

    def test_the_networks_of_the_organisation_bind_it_too(self, acme, make, call):
        key = make(acme)
        with platform_work():
            db.session.execute(update(Tenant).where(Tenant.id == acme.id).values(policy={"networks": ["192.0.2.0/24"]}))
        assert call(acme.host, key.secret).status_code == 403
        inside = call(acme.host, key.secret, environ_overrides={"REMOTE_ADDR": "192.0.2.9"})
        assert inside.status_code == 200


class TestWrongKeys:
    def test_a_slip_of_the_hand_costs_no_query(self, acme, make, call, statements):
        key = make(acme)
        call(acme.host, key.secret)
        statements.clear()
        for wrong in (key.secret[:-1] + ("a" if key.secret[-1] != "a" else "b"), key.secret[:-3], "saas_", "saas_x_y"):
            refused = call(acme.host, wrong)
            assert (refused.status_code, refused.json["code"]) == (401, "bad_key")
        assert statements == []
        assert call(acme.host, key.secret).status_code == 200

    def test_so_does_one_of_another_environment(self, acme, call, statements):
        call(acme.host, "nothing")
        statements.clear()
        assert call(acme.host, new_key("production")).status_code == 401
        assert statements == []

    def test_in_the_address_it_is_refused_in_words(self, acme, make, call, browse):
        key = make(acme)
        for path in (f"{ME}?api_key={key.secret}", f"{ME}?x={key.secret.replace('_', '%5F')}"):
            for answer in (call(acme.host, key.secret, path), browse(acme).get(path)):
                assert (answer.status_code, answer.json["code"]) == (400, "key_in_address")
                assert "Send it in the header" in answer.json["detail"]
                assert key.secret not in answer.text
        assert call(acme.host, key.secret, f"{ME}?x=saas_test_").status_code == 200

    def test_many_of_them_from_one_network_are_slowed_and_right_ones_are_not(self, acme, make, call, monkeypatch):
        monkeypatch.setattr(seen, "WRONG_KEYS", seen.parse("3 per 15 minutes"))
        key = make(acme)
        assert [call(acme.host, new_key("test")).status_code for _ in range(5)] == [401] * 3 + [429] * 2
        assert call(acme.host, key.secret).status_code == 200
        elsewhere = call(acme.host, new_key("test"), environ_overrides={"REMOTE_ADDR": "198.51.100.7"})
        assert elsewhere.status_code == 401


class TestItsTraces:
    def test_its_use_is_noted_with_the_address_once_a_minute(self, acme, make, call):
        key = make(acme)
        assert key.row.last_used_at is None
        call(acme.host, key.secret, environ_overrides={"REMOTE_ADDR": "198.51.100.7"})
        first = key.row
        assert first.last_used_address == "198.51.100.7"
        call(acme.host, key.secret)
        assert key.row.last_used_at == first.last_used_at
        key.put(last_used_at=now() - timedelta(minutes=2))
        call(acme.host, key.secret)
        assert key.row.last_used_at > first.last_used_at
        assert key.row.last_used_address == "127.0.0.1"

    def test_a_refused_use_is_a_use_and_a_wrong_key_none(self, acme, make, call):
        key = make(acme)
        call(acme.host, key.secret, "/api/workflows/0193a5f0-7d3c-7000-8000-00000000abcd/runs", "POST")
        assert key.row.last_used_at is not None
        expired = make(acme)
        expired.put(expires_at=now())
        call(acme.host, expired.secret)
        assert expired.row.last_used_at is None

    def test_it_costs_three_statements_and_a_visitor_with_a_cookie_two(self, acme, make, call, browse, statements):
        key, bob = make(acme), browse(acme, "Bob")
        call(acme.host, key.secret)
        bob.get(ME)
        statements.clear()
        bob.get(ME)
        assert [sent.split()[0] for sent in statements] == ["SELECT", "WITH"], "who, one API call"
        statements.clear()
        call(acme.host, key.secret)
        assert [sent.split()[0] for sent in statements] == ["SELECT", "SELECT", "WITH"], "who, which key, one API call"

    def test_no_table_holds_a_secret(self, acme, make, call):
        key = make(acme)
        call(acme.host, key.secret)
        with tenant_work(acme):
            _, renewed = rotate_key(key.id, grace=timedelta(hours=1), actor=SYSTEM)
        with tenant_scope(acme):
            tables = [text(f"SELECT t::text FROM {table.name} t") for table in tenant_tables()]
            dump = "\n".join(row for table in tables for row in db.session.scalars(table))
        assert str(key.id) in dump
        for secret in (key.secret, renewed):
            assert secret not in dump
            assert secret[10:40] not in dump
            assert token_hash(secret).hex() in dump

    def test_no_log_line_holds_one(self, acme, make, call, capsys):
        key, wrong = make(acme), new_key("test")
        with capture_logs() as lines:
            call(acme.host, key.secret)
            call(acme.host, wrong)
            call(acme.host, key.secret[:-1])
            call(acme.host, key.secret, f"{ME}?key={key.secret}")
            call(acme.host, key.secret, headers={"X-Tenant-ID": "nobody"})
        told = f"{lines}{capsys.readouterr()}"
        assert "api_key_refused" in told
        for secret in (key.secret, wrong):
            assert secret[10:30] not in told
        assert "saas_test_" not in told

    def test_nor_does_what_is_shown_of_objects(self, acme, make):
        key = make(acme)
        assert repr(token_hash(key.secret)) not in repr(key.row)
        with tenant_scope(acme):
            assert db.session.query(ApiKey).count() == 1
