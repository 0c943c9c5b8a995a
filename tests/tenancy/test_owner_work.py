"""What is done under the owner's login by several at a time: none is overlooked, none is done twice."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from saas.tenancy.history import History, Step, tenant_history
from saas.tenancy.migrations import migrate_tenants
from saas.tenancy.provisioning import owner_connection, top_up

UNWRITABLE = "SELECT '\ud800'"
"""A statement that cannot be sent: an error before the database hears of it."""


def longer(statement: str) -> History:
    return History((*tenant_history().steps, Step("next", (statement,))))


def test_an_error_that_is_not_the_databases_ends_the_migration_and_is_told(tenant):
    with pytest.raises(UnicodeEncodeError):
        migrate_tenants(history=longer(UNWRITABLE), only=tenant.schema_name)
    assert migrate_tenants(only=tenant.schema_name).total == 0


def test_one_of_the_databases_is_reported(tenant):
    report = migrate_tenants(history=longer("SELECT 1 / 0"), only=tenant.schema_name)
    assert report.failed == {tenant.schema_name: "division by zero"}
    assert report.done == report.total == 1


def test_spares_that_several_ask_for_at_once_are_built_once(app, owner):
    wanted = top_up(owner, 0) + ready(owner) + 3

    def build(_number: int) -> int:
        with owner_connection() as connection:
            return top_up(connection, wanted)

    with ThreadPoolExecutor(4) as threads:
        built = list(threads.map(build, range(4)))
    assert sum(built) == 3
    assert ready(owner) == wanted


def ready(owner) -> int:
    query = "SELECT count(*) FROM platform.spare_schemas WHERE revision = %s"
    return owner.execute(query, [tenant_history().head]).fetchone()[0]
