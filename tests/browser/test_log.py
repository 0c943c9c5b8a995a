"""The audit log in a browser: an entry opens beside the list, searches are kept, and a chain that was broken by hand is found."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from playwright.sync_api import Page, expect
from psycopg import sql

from saas.core.ids import short_id
from tests.browser.support import Deployment


@contextmanager
def forged(deployment: Deployment) -> Iterator[int]:
    """Somebody else's name under a sealed entry of Acme's, written by the database's owner; the position of the entry."""
    with psycopg.connect(deployment.database, autocommit=True) as owner:
        schemas = owner.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 't\\_%' ORDER BY 1").fetchall()
        [schema] = [name for (name,) in schemas if _is_acme(owner, name)]
        names = {"entries": sql.Identifier(schema, "audit_entries"), "seals": sql.Identifier(schema, "audit_seals")}
        found = owner.execute(
            sql.SQL(
                "SELECT position, id, actor_name FROM {seals} JOIN {entries} ON id = entry_id ORDER BY 1 OFFSET 3"
            ).format(**names)
        ).fetchone()
        assert found
        position, entry_id, name = found
        change = sql.SQL("UPDATE {entries} SET actor_name = %s WHERE id = %s").format(**names)
        owner.execute(change, ["Eve Moneypenny", entry_id])
        yield position
        owner.execute(change, [name, entry_id])


def _is_acme(owner: psycopg.Connection, schema: str) -> bool:
    query = sql.SQL("SELECT count(*) FROM {} WHERE email = 'ada@acme.example'").format(sql.Identifier(schema, "users"))
    return owner.execute(query).fetchone() == (1,)


def test_a_chain_broken_by_hand_is_found_and_one_that_is_whole_is_not_blamed(ada: Page, deployment: Deployment) -> None:
    deployment.run("audit", "seal")
    ada.goto(deployment.url("acme", "/audit/checks"))
    ada.get_by_role("button", name="Check now").click()
    expect(ada.get_by_text("The log is whole")).to_be_visible()
    with forged(deployment) as position:
        ada.get_by_role("button", name="Check now").click()
        told = ada.get_by_role("alert").filter(has_text="The log is not as it was written")
        expect(told).to_contain_text(f"position {position} ")
    ada.get_by_role("button", name="Check now").click()
    expect(ada.get_by_text("The log is whole")).to_be_visible()


def test_an_entry_opens_beside_the_list_and_a_search_is_kept(ada: Page, deployment: Deployment) -> None:
    name = f"Sign-ins {short_id(4)}"
    ada.goto(deployment.url("acme", "/audit"))
    ada.get_by_role("searchbox").fill("made the team Platform")
    expect(ada.get_by_role("link", name="made the team Design")).to_have_count(0)
    ada.get_by_role("link", name="made the team Platform").click()
    expect(ada.get_by_role("dialog")).to_contain_text("Engineering")
    ada.keyboard.press("Escape")
    ada.get_by_role("button", name="Keep this search").click()
    ada.get_by_label("Name", exact=True).fill(name)
    ada.get_by_role("button", name="Keep search").click()
    ada.goto(deployment.url("acme", "/audit"))
    ada.get_by_text("Kept searches").click()
    ada.get_by_role("link", name=name, exact=True).click()
    expect(ada.get_by_role("link", name="made the team Platform")).to_be_visible()
    expect(ada.get_by_role("link", name="made the team Design")).to_have_count(0)
