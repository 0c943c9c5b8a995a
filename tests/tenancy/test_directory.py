"""What the directory forgets: one tenant, and nothing that is remembered of others."""

import pytest
from flask import Flask
from sqlalchemy import update

from saas.tenancy import directory as directory_module
from saas.tenancy.directory import Directory, Entry
from saas.tenancy.models import Tenant
from saas.tenancy.scope import platform_work
from tests.cast import Cast, Organisation


def rename(organisation: Organisation, name: str) -> None:
    with platform_work() as session:
        session.execute(update(Tenant).where(Tenant.id == organisation.id).values(name=name))


def names(mine: Directory, organisation: Organisation) -> list[str]:
    """What the directory says under each way of asking."""
    found: list[Entry | None] = [mine.by_name(organisation.slug), mine.by_id(organisation.id)]
    return [entry.name for entry in found if entry]


def test_a_tenant_is_forgotten_under_all_its_names_and_others_are_kept(cast: Cast, statements: list[str]) -> None:
    mine = Directory()
    assert names(mine, cast.acme) + names(mine, cast.umbrella) == ["Acme", "Acme", "Umbrella", "Umbrella"]
    rename(cast.acme, "Acme Ltd")
    assert names(mine, cast.acme) == ["Acme", "Acme"]
    mine.forget(cast.acme.id)
    statements.clear()
    assert names(mine, cast.acme) + names(mine, cast.umbrella) == ["Acme Ltd", "Acme Ltd", "Umbrella", "Umbrella"]
    assert len(statements) == 2


def test_one_tenant_read_again_empties_nothing_else(cast: Cast, statements: list[str]) -> None:
    mine = Directory()
    assert mine.by_name("nobody-here") is None
    names(mine, cast.umbrella)
    names(mine, cast.acme)
    rename(cast.acme, "Acme Ltd")
    fresh = mine.reread(cast.acme.id)
    assert fresh is not None
    assert fresh.name == "Acme Ltd"
    statements.clear()
    assert mine.by_name("nobody-here") is None
    assert names(mine, cast.umbrella) == ["Umbrella", "Umbrella"]
    assert statements == []


def test_what_was_crowded_out_is_forgotten_without_a_trace(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory_module, "CAPACITY", 2)
    mine = Directory()
    for _ in range(3):
        assert names(mine, cast.acme) + names(mine, cast.umbrella) == ["Acme", "Acme", "Umbrella", "Umbrella"]
    mine.forget(cast.acme.id)
    mine.forget(cast.umbrella.id)
    assert names(mine, cast.acme) + names(mine, cast.umbrella) == ["Acme", "Acme", "Umbrella", "Umbrella"]
    mine.forget()
    assert names(mine, cast.acme) == ["Acme", "Acme"]
