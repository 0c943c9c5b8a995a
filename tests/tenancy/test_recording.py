"""What the logs tell of tenants: the operators' one always, the tenant's own where it was done from outside."""

from datetime import timedelta

import psycopg
import pytest
from psycopg import sql

from saas.core.actor import SYSTEM, Actor
from saas.core.clock import now
from saas.core.errors import Conflict, Invalid
from saas.core.settings import Settings
from saas.tenancy import jobs
from saas.tenancy.keys import rewrap_keys, rotate_key
from saas.tenancy.models import Status, Tenant
from saas.tenancy.operations import change_slug, change_status, create_tenant, rename_tenant, set_profile
from saas.tenancy.provisioning import drop_schema
from saas.tenancy.queries import get_tenant, own_tenant
from saas.tenancy.removal import mark_expired
from saas.tenancy.scope import platform_rights, platform_work, tenant_work
from tests.log import log_of, news, operators_log
from tests.tenancy.conftest import make_tenants

OLGA = Actor("operator", "Olga")


def test_a_new_tenant_is_told_to_the_operators(tenant):
    (entry,) = operators_log(tenant.id)
    assert (entry.event, entry.actor_kind, entry.target_kind) == ("tenancy.tenant.created", "system", "organisation")
    assert entry.changes == {"key": [None, tenant.key], "slug": [None, tenant.slug], "plan": [None, "trial"]}


def test_one_that_cannot_be_made_leaves_no_entry(tenant, spare):
    with platform_work(), pytest.raises(Invalid):
        create_tenant(name="Twin", slug=tenant.slug, actor=OLGA)
    assert [entry.actor_name for entry in operators_log(tenant.id)] == ["System"]


def test_a_change_of_status_from_outside_is_told_in_both_logs(tenant):
    with platform_work():
        assert change_status(get_tenant(tenant.key), Status.SUSPENDED, reason="unpaid", actor=OLGA)
        assert not change_status(get_tenant(tenant.key), Status.SUSPENDED, reason="again", actor=OLGA)
    outside, own = operators_log(tenant.id, "tenancy.tenant.status_changed"), log_of(tenant)
    assert len(outside) == len(own) == 1
    for entry in (*outside, *own):
        assert (entry.event, entry.actor_name) == ("tenancy.tenant.status_changed", "Olga")
        assert entry.changes == {"status": ["trialing", "suspended"]}
        assert entry.facts == {"reason": "unpaid"}


def test_a_refused_change_is_told_in_neither(tenant):
    with platform_work():
        change_status(get_tenant(tenant.key), Status.DELETING, reason="asked for", actor=OLGA)
    with news(tenant) as told, platform_work(), pytest.raises(Conflict):
        change_status(get_tenant(tenant.key), Status.ACTIVE, reason="no way back", actor=OLGA)
    assert told.entries == []
    assert len(operators_log(tenant.id, "tenancy.tenant.status_changed")) == 1


def test_what_a_tenant_does_to_itself_is_its_own_to_tell(tenant):
    with news(tenant) as told, tenant_work(tenant), platform_rights():
        change_status(get_tenant(tenant.key), Status.CANCELLED, reason="closed by an owner", actor=SYSTEM)
    assert told.entries == []
    assert operators_log(tenant.id, "tenancy.tenant.status_changed")


def test_two_changes_in_one_transaction_are_kept_or_undone_together(tenant):
    with platform_work() as session:
        change_status(get_tenant(tenant.key), Status.ACTIVE, reason="paid", actor=OLGA)
        session.rollback()
    assert log_of(tenant) == operators_log(tenant.id, "tenancy.tenant.status_changed") == []


@pytest.mark.parametrize("outside", [True, False])
def test_names_and_ways_are_told_with_what_they_were(tenant, outside):
    place = platform_work() if outside else tenant_work(tenant)
    with news(tenant) as told, place:
        one = get_tenant(tenant.key) if outside else own_tenant()
        rename_tenant(one, "Fewer", actor=OLGA)
        rename_tenant(one, "Fewer", actor=OLGA)
        ways = {"time_zone": "Europe/Berlin", "language": "de", "support_address": ""}
        for _ in range(2):
            set_profile(one, **ways, actor=OLGA)
        change_slug(one, f"{tenant.slug}-new", actor=OLGA)
    assert [(entry.event.removeprefix("tenancy.tenant."), entry.changes) for entry in told.entries] == [
        ("renamed", {"name": ["Many", "Fewer"]}),
        ("settings_changed", {"time_zone": ["UTC", "Europe/Berlin"], "language": ["en", "de"]}),
        ("slug_changed", {"slug": [tenant.slug, f"{tenant.slug}-new"]}),
    ]
    assert len(operators_log(tenant.id)) == (4 if outside else 1)


def test_a_tenant_without_a_log_keeps_no_operator_from_their_work(tenant, owner: psycopg.Connection):
    drop_schema(owner, tenant.schema_name)
    with platform_work():
        assert change_status(get_tenant(tenant.key), Status.DELETING, reason="broken", actor=OLGA)
    assert operators_log(tenant.id, "tenancy.tenant.status_changed")


def test_one_whose_schema_is_of_an_older_release_neither(tenant, owner: psycopg.Connection):
    with owner.transaction():
        owner.execute(sql.SQL("DROP TABLE {} CASCADE").format(sql.Identifier(tenant.schema_name, "audit_entries")))
    with platform_work():
        assert change_status(get_tenant(tenant.key), Status.SUSPENDED, reason="unpaid", actor=OLGA)
    assert operators_log(tenant.id, "tenancy.tenant.status_changed")


def test_keys_are_told_by_number_alone(tenant):
    with news(tenant) as told, platform_work():
        rotate_key(get_tenant(tenant.key), actor=OLGA)
    assert (told.only.event, told.only.changes) == ("tenancy.key.rotated", {"number": [1, 2]})
    assert len(operators_log(tenant.id, "tenancy.key.rotated")) == 1
    before = len(operators_log(None, "tenancy.key.rewrapped"))
    with platform_work():
        assert rewrap_keys(actor=OLGA).changed == 0
    assert len(operators_log(None, "tenancy.key.rewrapped")) == before


def test_an_organisation_that_never_verified_an_address_leaves_its_removal_in_the_operators_log(settings: Settings):
    kept, due = make_tenants(2)
    with platform_work() as session:
        for tenant, verified_at in ((kept, now()), (due, None)):
            one = session.get_one(Tenant, tenant.id)
            one.created_at = now() - timedelta(days=settings.unverified_days, hours=1)
            one.verified_at = verified_at
        marked = mark_expired()
    assert (due.id in marked, kept.id in marked) == (True, False)
    jobs.purge_expired()
    changed, purged = operators_log(due.id)[1:]
    assert (changed.event, changed.actor_kind) == ("tenancy.tenant.status_changed", "job")
    assert (purged.event, purged.target_label) == ("tenancy.tenant.purged", "Many")
    assert purged.facts == {"key": due.key, "reason": "no address was ever verified"}
    assert operators_log(kept.id, "tenancy.tenant.purged") == []


def test_the_command_line_is_named(saas, tenant):
    assert saas("tenants", "suspend", tenant.key, "--reason", "unpaid").exit_code == 0
    assert saas("tenants", "keys", "rotate", tenant.key).exit_code == 0
    names = {entry.actor_name for entry in log_of(tenant)}
    assert len(names) == 1
    assert names.pop().startswith("command line")
