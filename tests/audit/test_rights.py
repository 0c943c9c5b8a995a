"""Append-only by the rights of the database: what each role is refused, beside what it may."""

from contextlib import contextmanager

import psycopg
import pytest
from psycopg import sql

from saas.audit.keeping import OPERATORS_LOG, keeping
from saas.audit.sealing import seal
from saas.core.logins import Login
from saas.tenancy.scope import platform_role, role_of

DENIED = psycopg.errors.InsufficientPrivilege
CHANGES = {
    "update an entry": "UPDATE {entries} SET event = 'nothing'",
    "blank an entry": "UPDATE {entries} SET actor_name = '', salt = NULL",
    "delete entries": "DELETE FROM {entries}",
    "empty the entries": "TRUNCATE {entries}",
    "update a seal": "UPDATE {seals} SET hash = ''",
    "keep a redaction": "UPDATE {seals} SET personal = ''",
    "delete seals": "DELETE FROM {seals}",
    "empty the seals": "TRUNCATE {seals}",
    "add a seal": "INSERT INTO {seals} (position, entry_id, hash) VALUES (999999, gen_random_uuid(), '')",
}
CHECKPOINTS = {
    "add a checkpoint": "INSERT INTO {checkpoints} (position, at, hash, removed, signature) VALUES (1, now(), '', 0, '')",
    "update a checkpoint": "UPDATE {checkpoints} SET position = 2",
    "delete checkpoints": "DELETE FROM {checkpoints}",
    "empty the checkpoints": "TRUNCATE {checkpoints}",
}
HEADS = {
    "update a head": "UPDATE platform.audit_heads SET fault = ''",
    "delete heads": "DELETE FROM platform.audit_heads",
    "add a head": "INSERT INTO platform.audit_heads (tenant_id, position) VALUES (gen_random_uuid(), 1)",
}
ENTRY = (
    "INSERT INTO {entries} (id, at, event, actor_kind, actor_name, actor_email, impersonator, address, agent, request_id,"
    " target_kind, target_id, target_label, changes, facts, salt)"
    " VALUES (gen_random_uuid(), now(), 'e', 'system', 's', '', '', '', '', '', '', '', '', '{{}}', '{{}}', '')"
)


@pytest.fixture
def web_login(app, settings):
    with psycopg.connect(settings.login(Login.APP), autocommit=True) as connection:
        yield connection


@contextmanager
def standing(connection, role):
    with connection.transaction(force_rollback=True):
        if role:
            connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))
        yield


def tried(connection, role, statement, log) -> str:
    """Whether the database carries out a statement; everything is undone."""
    try:
        with standing(connection, role):
            connection.execute(sql.SQL(statement).format(**log.tables))
        return "done"
    except DENIED:
        return "denied"


@pytest.mark.parametrize("what", [*CHANGES, *CHECKPOINTS, *HEADS])
def test_the_tenants_own_role_is_refused(acme, sealed, web_login, log, what):
    sealed(2)
    statement = {**CHANGES, **CHECKPOINTS, **HEADS}[what]
    assert tried(web_login, role_of(acme.schema_name), statement, log) == "denied"


@pytest.mark.parametrize("table", ["entries", "seals", "checkpoints"])
def test_but_it_may_read(acme, sealed, web_login, log, table):
    sealed(2)
    with standing(web_login, role_of(acme.schema_name)):
        rows = web_login.execute(sql.SQL(f"SELECT count(*) FROM {{{table}}}").format(**log.tables)).fetchone()
        assert web_login.execute("SELECT count(*) FROM platform.audit_heads").fetchone() == (1,)
    assert (rows == (0,)) is (table == "checkpoints")


def test_and_add_entries(acme, web_login, log):
    assert tried(web_login, role_of(acme.schema_name), ENTRY, log) == "done"


@pytest.mark.parametrize("what", [*CHANGES, *CHECKPOINTS])
def test_the_platforms_role_is_refused_at_a_tenants_log(acme, sealed, web_login, log, what):
    sealed(2)
    assert tried(web_login, platform_role(), {**CHANGES, **CHECKPOINTS}[what], log) == "denied"
    assert tried(web_login, platform_role(), "SELECT * FROM {entries}", log) == "denied"


@pytest.mark.parametrize("what", [*CHANGES, *HEADS])
def test_and_at_the_operators_log(app, owner, web_login, what):
    seal(owner, OPERATORS_LOG)
    assert tried(web_login, platform_role(), {**CHANGES, **HEADS}[what], OPERATORS_LOG) == "denied"


def test_but_it_may_read_and_add_to_the_operators_log(app, web_login):
    for statement in ("SELECT * FROM {entries}", "SELECT * FROM {seals}", "SELECT * FROM platform.audit_heads", ENTRY):
        assert tried(web_login, platform_role(), statement, OPERATORS_LOG) == "done"


@pytest.mark.parametrize("what", [*CHANGES, *CHECKPOINTS, *HEADS])
def test_the_web_login_without_a_role_is_refused(acme, sealed, web_login, log, what):
    sealed(1)
    statement = {**CHANGES, **CHECKPOINTS, **HEADS}[what]
    assert tried(web_login, None, statement, log) == "denied"
    assert tried(web_login, None, "SELECT * FROM {entries}", log) == "denied"


@pytest.mark.parametrize("keeper", ["sealer", "archivist"])
def test_the_web_login_cannot_become_a_keeper(app, settings, web_login, keeper):
    with pytest.raises(DENIED):
        web_login.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(f"{settings.role_prefix}_{keeper}")))


MAY = {
    "sealer": {"add a seal", "update a head", "delete heads"},
    "archivist": {"blank an entry", "delete entries", "keep a redaction", "delete seals", "add a checkpoint"},
}


@pytest.mark.parametrize("keeper", MAY)
def test_each_keeper_may_do_its_own_work_and_no_more(acme, sealed, owner, log, keeper):
    sealed(2)
    done = set()
    for what, statement in {**CHANGES, **CHECKPOINTS, **HEADS}.items():
        try:
            with keeping(owner, keeper):
                owner.execute(sql.SQL(statement).format(**log.tables))
                raise _Undo
        except DENIED:
            continue
        except (_Undo, psycopg.errors.IntegrityError):
            done.add(what)
    assert done - {"add a head"} == MAY[keeper]


class _Undo(Exception):
    pass


def test_nobody_but_keepers_and_the_owner_reaches_the_log_of_another_organisation(
    acme, umbrella, sealed, web_login, log
):
    sealed(1)
    for statement in ("SELECT * FROM {entries}", "SELECT * FROM {seals}", ENTRY):
        assert tried(web_login, role_of(umbrella.schema_name), statement, log) == "denied"
