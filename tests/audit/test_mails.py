"""The daily seal by mail: who gets it, and what it proves later against whoever has the database, the files and the keys."""

import re

import pytest
from psycopg import sql

from saas.audit.canonical import COMMITMENT, digest
from saas.audit.jobs import look_after
from saas.audit.kept import NAME
from saas.audit.offline import head_text, sha256
from saas.audit.signing import public_key, sign
from saas.core.runtime import runtime
from saas.tenancy.scope import tenant_work
from tests.audit.conftest import head_of


@pytest.fixture
def send(acme, browse):
    """Say as Alice who gets the seal, and let the job of the morning run."""
    alice = browse(acme, "Alice")

    def act(*addresses: str) -> None:
        answer = alice.post("/audit/mails", {"addresses": "\n".join(addresses)}, page="/audit/checks")
        assert answer.status_code == 303
        with tenant_work(acme):
            look_after()

    return act


def mailed_head(mailbox, address: str) -> str:
    """The seal in the newest mail, as commands take it."""
    found = re.search(r"--head (\d+:[0-9a-f]{64})", mailbox.text(address))
    assert found
    return found.group(1)


def told(mailbox) -> set[str]:
    """Who got the seal."""
    return {str(mail["To"]) for mail in mailbox.messages() if "seal" in str(mail["Subject"])}


def test_everybody_who_was_named_gets_the_newest_seal_and_the_key(acme, send, sealed, mailbox, owner, log):
    last = sealed(3)
    send("sec@example.com", "audit@example.org")
    assert told(mailbox) == {"sec@example.com", "audit@example.org"}
    text = mailbox.text("audit@example.org")
    assert f"Position: {last}" in text
    assert mailed_head(mailbox, "sec@example.com") == f"{last}:{head_of(owner, log)['hash'].hex()}"
    assert f"Public key: {public_key().hex()}" in text


def test_where_nobody_is_named_nobody_gets_it(acme, send, sealed, mailbox):
    sealed(3)
    send()
    assert told(mailbox) == set()
    send("sec@example.com")
    send()
    assert len([mail for mail in mailbox.messages() if mail["To"] == "sec@example.com"]) == 1


def test_before_the_first_sealing_there_is_nothing_to_send(acme, send, mailbox):
    send("sec@example.com")
    assert told(mailbox) == set()


class TestAgainstTheMail:
    @pytest.fixture
    def head(self, acme, send, sealed, mailbox) -> str:
        """A seal that was mailed; the log has gone on since."""
        sealed(5)
        send("sec@example.com")
        head = mailed_head(mailbox, "sec@example.com")
        sealed(3)
        return head

    def test_a_log_that_only_grew_holds(self, acme, audit, head):
        assert audit("verify", acme.slug, "--head", head).exit_code == 0

    def test_one_that_was_written_anew_with_the_keys_and_the_files_does_not(
        self, acme, audit, head, owner, log, hand, all_powerful
    ):
        """Nothing inside the system tells any more."""
        write_anew(owner, log, hand, all_powerful)
        assert audit("verify", acme.slug).exit_code == 0
        answer = audit("verify", acme.slug, "--head", head)
        assert answer.exit_code == 1
        assert f"The seal at position {head.partition(':')[0]} is not the one that you know" in answer.output


def write_anew(owner, log, hand, all_powerful) -> None:
    """Change the second entry, seal everything behind it again, sign the new head, and put it among the files too."""
    hand("UPDATE {entries} SET actor_name = 'Eve' WHERE id = (SELECT entry_id FROM {seals} WHERE position = 2)")
    (seal,) = hand("SELECT hash FROM {seals} WHERE position = 1").fetchone()
    query = "SELECT s.position, {} FROM {seals} s JOIN {entries} e ON e.id = s.entry_id WHERE s.position > 1 ORDER BY 1"
    contents = sql.SQL(query).format(digest(sql.SQL("s.position"), COMMITMENT), **log.tables)
    position = 1
    for position, content in owner.execute(contents).fetchall():
        seal = sha256(seal, content)
        hand("UPDATE {seals} SET hash = %s WHERE position = %s", seal, position)
    change = "UPDATE platform.audit_heads SET hash = %s, signature = %s WHERE tenant_id = %s"
    all_powerful(change, seal, sign(head_text(log.tenant_id, position, seal.hex())), log.tenant_id)
    runtime().storage.put(log.tenant_id, NAME, f"{position}:{seal.hex()}".encode())


def test_a_broken_log_sounds_the_alarm_once_and_one_that_is_whole_does_not(
    acme, browse, send, sealed, mailbox, owner, log
):
    sealed(3)
    send("sec@example.com")
    alice = browse(acme, "Alice")

    def alarms() -> list[str]:
        alice.post("/audit/checks", page="/audit/checks")
        return sorted(str(mail["To"]) for mail in mailbox.messages() if "not as it was written" in str(mail["Subject"]))

    assert alarms() == []
    forge = sql.SQL(
        "UPDATE {entries} SET actor_name = 'Eve' WHERE id = (SELECT entry_id FROM {seals} WHERE position = 2)"
    )
    owner.execute(forge.format(**log.tables))
    everybody = sorted([acme.email("Alice"), "sec@example.com"])
    assert alarms() == everybody
    assert alarms() == everybody
    assert "position 2" in mailbox.text("sec@example.com")
    listed = alice.get("/audit?event=audit.log.broken").text
    assert listed.count("found that the log is not as it was written") == 1
    entry = re.search(r'href="(/audit/[0-9a-f-]{36})"', listed)
    assert entry
    assert "Do not rely on what stands here" in alice.get(entry.group(1)).text
