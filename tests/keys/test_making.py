"""Making, renewing, revoking and expiring keys: who may, what is refused, what the log tells."""

from datetime import timedelta
from threading import Barrier, Thread
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from saas.core.access import Rights, Source
from saas.core.actor import SYSTEM, Actor
from saas.core.audit import AuditEntry
from saas.core.clock import now
from saas.core.crypto import token_hash
from saas.core.database import db
from saas.core.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from saas.core.ids import new_id
from saas.core.jobs import declared_jobs, enqueue
from saas.core.module import Role
from saas.core.runtime import runtime
from saas.keys.models import ApiKey
from saas.keys.operations import create_key, end_grace, revoke_key, rotate_key, settle_keys
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.keys.conftest import actor_of

DAY = timedelta(days=1)


def events(organisation) -> list[tuple[str, str]]:
    """What the log tells of keys, oldest first: event and actor."""
    with tenant_scope(organisation):
        rows = db.session.execute(select(AuditEntry.event, AuditEntry.actor_name).order_by(AuditEntry.id)).all()
    return [(event.removeprefix("keys.key."), name) for event, name in rows if event.startswith("keys.")]


def holding(*permissions: str) -> Actor:
    """Somebody of this organisation with exactly these permissions."""
    return Actor("member", "Somebody", None, Rights((Source("role", "Odd", frozenset(permissions)),)))


class TestMaking:
    def test_only_the_hash_and_the_hint_are_kept(self, acme, make):
        key = make(acme, by="Adam")
        assert key.row.token_hash == token_hash(key.secret)
        assert key.row.hint.startswith("saas_test_")
        assert key.secret not in str(vars(key.row))

    @pytest.mark.parametrize("person", ["Bob", "Vera"])
    def test_it_takes_the_permission(self, acme, make, person):
        with pytest.raises(NotAllowed):
            make(acme, by=person)
        assert make(acme, by="Adam").row.created_by_id == acme.people["Adam"].id

    def test_never_more_than_its_maker_holds(self, acme, make):
        with pytest.raises(Invalid) as refused:
            make(acme, "members.view", "organisations.delete", by="Adam")
        assert refused.value.field == "permissions"
        assert make(acme, "members.view", "organisations.delete", by="Alice").row.permissions

    def test_what_is_held_in_one_team_only_is_not_enough(self, acme):
        maker = Actor(
            "member",
            "Tara",
            None,
            Rights(
                (
                    Source("role", "", frozenset(["keys.manage"])),
                    Source("lead", "", frozenset(["members.teams"]), new_id()),
                )
            ),
        )
        with pytest.raises(Invalid), tenant_work(acme):
            create_key(name="Robot", permissions=["members.teams"], expires_at=None, actor=maker)

    @pytest.mark.parametrize("permissions", [[], ["nothing.known"], ["workflows.view", "nothing.known"], ["\0"]])
    def test_what_is_no_permission_is_refused(self, acme, permissions):
        with pytest.raises(Invalid), tenant_work(acme):
            create_key(name="Robot", permissions=permissions, expires_at=None, actor=SYSTEM)

    @pytest.mark.parametrize("name", ["", " ", "x" * 101, "x" * 10_000, "a\0b", "a\u202eb"])
    def test_what_is_no_name_is_refused(self, acme, make, name):
        with pytest.raises(Invalid):
            make(acme, name=name)
        make(acme, name="x" * 100)

    @pytest.mark.parametrize("distance", [timedelta(0), -DAY, timedelta(days=4000)])
    def test_an_end_lies_ahead_and_within_ten_years(self, acme, distance):
        with pytest.raises(Invalid), tenant_work(acme):
            create_key(name="R", permissions=["members.view"], expires_at=now() + distance, actor=SYSTEM)
        with tenant_work(acme):
            create_key(name="R", permissions=["members.view"], expires_at=now() + 3650 * DAY, actor=SYSTEM)

    def test_a_form_sent_twice_makes_one(self, acme):
        number = uuid4()
        with tenant_work(acme):
            create_key(name="R", permissions=["members.view"], expires_at=None, key_id=number, actor=SYSTEM)
        with pytest.raises(Conflict), tenant_work(acme):
            create_key(name="R", permissions=["members.view"], expires_at=None, key_id=number, actor=SYSTEM)


class TestRenewing:
    def test_only_who_holds_all_of_it(self, acme, make):
        key = make(acme, "members.view", "organisations.delete")
        with pytest.raises(NotAllowed), tenant_work(acme):
            rotate_key(key.id, grace=DAY, actor=actor_of(acme, "Adam"))
        with tenant_work(acme):
            rotate_key(key.id, grace=DAY, actor=actor_of(acme, "Alice"))

    def test_nobody_else_gets_a_secret_that_gives_them_more(self, acme, make):
        key = make(acme, "workflows.delete")
        with pytest.raises(NotAllowed), tenant_work(acme):
            rotate_key(key.id, grace=DAY, actor=holding("keys.manage"))
        with tenant_work(acme):
            revoke_key(key.id, actor=holding("keys.manage"))

    def test_a_second_time_ends_the_first_secret(self, acme, make):
        key = make(acme)
        with tenant_work(acme):
            _, second = rotate_key(key.id, grace=DAY, actor=SYSTEM)
            rotate_key(key.id, grace=DAY, actor=SYSTEM)
        assert key.row.former_hash == token_hash(second)

    def test_not_one_that_is_over(self, acme, make):
        revoked, expired = make(acme), make(acme)
        revoked.put(revoked_at=now())
        expired.put(expires_at=now())
        for key in (revoked, expired):
            with pytest.raises(Conflict), tenant_work(acme):
                rotate_key(key.id, grace=DAY, actor=SYSTEM)

    def test_of_two_at_once_who_saw_the_same_key_one_renews_it(self, acme, make):
        key, outcomes, begin = make(acme), [], Barrier(2)
        hint = key.row.hint

        def renew() -> None:
            try:
                with tenant_work(acme):
                    db.session.execute(select(1))
                    begin.wait(20)
                    rotate_key(key.id, grace=DAY, seen=hint, actor=SYSTEM)
                outcomes.append("renewed")
            except DomainError as refusal:
                outcomes.append(type(refusal).__name__)

        threads = [Thread(target=renew) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert sorted(outcomes) == ["Conflict", "renewed"]

    def test_the_former_secret_can_be_ended_before_its_time(self, acme, make):
        key = make(acme)
        with tenant_work(acme):
            rotate_key(key.id, grace=DAY, actor=SYSTEM)
            end_grace(key.id, actor=holding("keys.manage"))
        assert (key.row.former_hash, key.row.former_until) == (None, None)


class TestRevoking:
    def test_once(self, acme, make):
        key = make(acme)
        with tenant_work(acme):
            revoke_key(key.id, actor=SYSTEM)
        with pytest.raises(Conflict), tenant_work(acme):
            revoke_key(key.id, actor=SYSTEM)

    @pytest.mark.parametrize("act", [revoke_key, end_grace])
    def test_it_takes_the_permission(self, acme, make, act):
        key = make(acme)
        with pytest.raises(NotAllowed), tenant_work(acme):
            act(key.id, actor=holding("members.view"))
        with tenant_work(acme):
            act(key.id, actor=holding("keys.manage"))

    def test_keys_of_others_are_not_found(self, cast, make):
        key = make(cast.umbrella)
        for act in (revoke_key, end_grace, lambda key_id, actor: rotate_key(key_id, grace=DAY, actor=actor)):
            with pytest.raises(NotFound), tenant_work(cast.acme):
                act(key.id, actor=SYSTEM)


class TestExpiring:
    def test_it_is_recorded_once_and_former_secrets_are_forgotten(self, acme, make):
        over, revoked, lasting = make(acme, name="Over"), make(acme), make(acme)
        over.put(expires_at=now() - DAY)
        revoked.put(expires_at=now() - DAY, revoked_at=now() - 2 * DAY)
        lasting.put(former_hash=b"x", former_until=now() - DAY)
        for expected in ({"expired": 1, "former": 1}, {"expired": 0, "former": 0}):
            with tenant_work(acme):
                assert settle_keys(actor=SYSTEM) == expected
        assert [event for event, _ in events(acme)].count("expired") == 1
        assert lasting.row.former_hash is None

    def test_a_job_does_it(self, acme, make, run_jobs):
        key = make(acme)
        key.put(expires_at=now() - DAY)
        assert declared_jobs()["keys.settle"].each_tenant
        with tenant_work(acme):
            enqueue("keys.settle")
        run_jobs()
        assert key.row.expiry_noted_at is not None


class TestTheLog:
    def test_every_operation_records_one_event_and_using_none(self, acme, make, call):
        key = make(acme, by="Adam")
        call(acme.host, key.secret)
        adam = actor_of(acme, "Adam")
        with tenant_work(acme):
            rotate_key(key.id, grace=DAY, actor=adam)
        with tenant_work(acme):
            end_grace(key.id, actor=adam)
        with tenant_work(acme):
            end_grace(key.id, actor=adam)
        with tenant_work(acme):
            revoke_key(key.id, actor=adam)
        assert events(acme) == [(what, "Adam") for what in ("created", "rotated", "grace_ended", "revoked")]

    def test_what_is_refused_is_not_recorded(self, acme, make):
        with pytest.raises(NotAllowed):
            make(acme, by="Bob")
        assert events(acme) == []

    def test_no_entry_holds_a_secret(self, acme, make):
        key = make(acme)
        with tenant_work(acme):
            _, renewed = rotate_key(key.id, grace=DAY, actor=SYSTEM)
        with tenant_scope(acme):
            told = [
                f"{entry.changes} {entry.facts} {entry.target_label}"
                for entry in db.session.scalars(select(AuditEntry))
            ]
        assert any("saas_test_" in one for one in told)
        for secret in (key.secret, renewed):
            assert secret[14:40] not in " ".join(told)

    def test_what_a_key_does_is_told_under_its_name(self, acme, make, call):
        given = {*runtime().registry.grants[Role.MEMBER], "members.manage"}
        key = make(acme, *given, name="HR sync")
        person = acme.people["Vera"].id
        answer = call(acme.host, key.secret, f"/api/members/{person}", "PATCH", json={"role": "member"})
        with tenant_scope(acme):
            entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
            assert db.session.get(ApiKey, key.id) is not None
        assert answer.status_code < 300, answer.text
        assert (entry.actor_kind, entry.actor_name, entry.actor_id) == ("api_key", "HR sync", UUID(str(key.id)))
