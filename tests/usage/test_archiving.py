"""Archiving: whole months leave the database as JSON Lines; totals, roll-ups and what is stored stay."""

import gzip
import json
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select, update

from saas.audit.keeping import get_log
from saas.core.actor import SYSTEM
from saas.core.clock import ago, now
from saas.core.database import db
from saas.core.errors import Invalid
from saas.core.runtime import runtime
from saas.tenancy.models import Tenant
from saas.tenancy.provisioning import owner_connection
from saas.tenancy.scope import platform_work, tenant_scope, tenant_work
from saas.usage.archiving import archive
from saas.usage.models import UsageEvent, UsageRollup
from saas.usage.operations.rolling import rebuild, roll_up
from saas.usage.periods import oldest_kept, period_of
from tests.cast import Organisation
from tests.usage.conftest import use

LONG_AGO = timedelta(days=500)


@pytest.fixture
def old(on_plan) -> Organisation:
    """Acme on Pro, with use of long ago and of today, rolled up."""
    pro = on_plan("pro")
    with ago(LONG_AGO):
        for number in range(3):
            use(pro, "images", number + 1, resource=f"page:{number}")
        use(pro, "storage", 2)
        with tenant_work(pro):
            roll_up()
    use(pro, "images", 5)
    with tenant_work(pro):
        roll_up()
    return pro


def archive_of(organisation: Organisation) -> int:
    with owner_connection() as connection:
        return archive(connection, get_log(connection, organisation.slug))


def files_of(organisation: Organisation) -> dict[str, list[dict[str, str]]]:
    storage = runtime().storage
    return {
        name: [json.loads(line) for line in gzip.decompress(storage.get(organisation.id, name)).splitlines()]
        for name in storage.names(organisation.id)
        if name.startswith("usage/")
    }


def count(organisation: Organisation, table: type[UsageEvent] | type[UsageRollup]) -> int:
    with tenant_scope(organisation):
        return db.session.scalar(select(func.count()).select_from(table)) or 0


def test_what_is_too_old_goes_to_a_file_and_the_rest_stays(old):
    rolled = count(old, UsageRollup)
    assert archive_of(old) == 3
    ((name, lines),) = files_of(old).items()
    assert name == f"usage/{now() - LONG_AGO:%Y-%m}.jsonl.gz"
    assert [(line["quantity"], line["resource"]) for line in lines] == [
        ("1", "page:0"),
        ("2", "page:1"),
        ("3", "page:2"),
    ]
    assert count(old, UsageEvent) == 2, "the one of today, and what is stored"
    assert count(old, UsageRollup) == rolled
    assert archive_of(old) == 0


def test_what_is_added_up_stays_when_all_is_made_anew(old):
    archive_of(old)
    rolled = count(old, UsageRollup)
    with tenant_work(old):
        assert rebuild(actor=SYSTEM) == 0
    assert count(old, UsageRollup) == rolled


def test_nothing_more_is_counted_in_a_month_that_may_be_gone(old):
    with platform_work() as session:
        session.execute(update(Tenant).where(Tenant.id == old.id).values(created_at=now() - 2 * LONG_AGO))
    with pytest.raises(Invalid, match="too long ago"):
        use(old, "images", 1, at=oldest_kept() - timedelta(seconds=1))
    assert use(old, "images", 1, at=oldest_kept()).cost == Decimal(0)
    assert period_of(oldest_kept()).start == oldest_kept()


def test_a_month_that_was_written_and_not_taken_out_is_written_again_beside(old, monkeypatch):
    storage, written = runtime().storage, []

    def killed(self: object, tenant_id: object, name: str, content: bytes) -> None:
        written.append((name, content))
        raise OSError("the power went")

    with monkeypatch.context() as broken, pytest.raises(OSError, match="power"):
        broken.setattr(type(storage), "put", killed)
        archive_of(old)
    storage.put(old.id, *written[0])
    assert count(old, UsageEvent) == 5
    assert archive_of(old) == 3
    first, second = files_of(old).values()
    assert first == second
