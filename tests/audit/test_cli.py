"""The commands ``saas audit …``: what they do and say, and with which code they end."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from saas.audit import offline
from saas.audit.keeping import OPERATORS_LOG
from saas.audit.kept import NAME
from saas.audit.module import REDACTED
from saas.audit.sealing import seal
from saas.audit.signing import public_key
from saas.core.audit import AuditEntry
from saas.core.clock import now
from saas.core.runtime import runtime
from saas.tenancy.scope import tenant_scope
from tests.audit.conftest import check, head_of, newest, write, write_at


@pytest.mark.parametrize("command", ["verify", "seal", "head", "expire"])
def test_a_log_that_nobody_knows_is_refused(acme, audit, command):
    answer = audit(command, "nobody-at-all")
    assert (answer.exit_code, "No organisation is called “nobody-at-all”." in answer.output) == (1, True)
    assert audit(command, acme.slug).exit_code == 0


class TestVerify:
    def test_a_log_that_holds_is_ok(self, acme, audit, sealed):
        last = sealed(4)
        answer = audit("verify", acme.slug)
        assert answer.exit_code == 0
        assert f"ok    {acme.slug}: positions 1 to {last} hold" in answer.output

    def test_one_that_was_changed_by_hand_is_told_with_its_position(self, acme, audit, sealed, hand):
        sealed(6)
        hand("UPDATE {entries} SET actor_name = 'Eve' WHERE id = (SELECT entry_id FROM {seals} WHERE position = 3)")
        answer = audit("verify", acme.slug)
        assert answer.exit_code == 1
        assert f"fail  {acme.slug}: The entry at position 3 was changed" in answer.output

    def test_of_all_logs_every_one_is_told_and_one_fault_is_enough(self, acme, umbrella, audit, sealed, hand):
        sealed(3)
        hand("DELETE FROM {entries} WHERE id = (SELECT entry_id FROM {seals} WHERE position = 2)")
        answer = audit("verify")
        assert answer.exit_code == 1
        assert f"fail  {acme.slug}: The entry at position 2" in answer.output
        assert f"ok    {umbrella.slug}: nothing is sealed yet" in answer.output
        assert "operators:" in answer.output

    def test_what_came_of_it_is_kept(self, acme, audit, sealed, owner, log):
        last = sealed(2)
        audit("verify", acme.slug)
        assert head_of(owner, log)["verified_to"] == last

    def test_a_seal_that_was_kept_must_be_on_the_way(self, acme, audit, sealed, hand):
        sealed(4)
        (seal_at_3,) = hand("SELECT encode(hash, 'hex') FROM {seals} WHERE position = 3").fetchone()
        assert audit("verify", acme.slug, "--head", f"3:{seal_at_3}").exit_code == 0
        answer = audit("verify", acme.slug, "--head", f"3:{'ab' * 32}")
        assert (answer.exit_code, "position 3 is not the one that you know" in answer.output) == (1, True)

    def test_also_where_nothing_is_sealed(self, acme, audit):
        assert audit("verify", acme.slug).exit_code == 0
        assert audit("verify", acme.slug, "--head", f"3:{'ab' * 32}").exit_code == 1

    @pytest.mark.parametrize("head", ["3", "3:", "x:ab", "3:xyz", "3:abcd"])
    def test_what_is_no_seal_is_refused(self, acme, audit, head):
        answer = audit("verify", acme.slug, "--head", head)
        assert (answer.exit_code, "is not a position and a seal" in answer.output) == (2, True)

    def test_a_seal_belongs_to_one_log(self, acme, audit):
        answer = audit("verify", "--head", f"3:{'ab' * 32}")
        assert (answer.exit_code, "name it" in answer.output) == (2, True)

    def test_entries_that_wait_for_their_seals_are_a_warning_and_not_well(self, acme, audit, sealed):
        sealed(2)
        write_at(acme, now() - timedelta(hours=3))
        answer = audit("verify", acme.slug)
        assert (answer.exit_code, "fail" in answer.output) == (1, False)
        assert f"warn  {acme.slug}: Entries since" in answer.output

    def test_the_operators_log_has_a_name_of_its_own(self, app, audit, owner):
        seal(owner, OPERATORS_LOG)
        assert "operators: positions 1 to" in audit("verify", "operators").output


class TestSeal:
    def test_seals_what_is_not_sealed_and_then_nothing(self, acme, audit, sealed, owner, log):
        before = sealed(1)
        write(acme, 3)
        assert "3 entries sealed." in audit("seal", acme.slug).output
        assert newest(owner, log) == before + 3
        assert "Everything was sealed already." in audit("seal", acme.slug).output

    def test_all_logs_at_once(self, acme, umbrella, audit, owner, log):
        write(acme)
        assert audit("seal").exit_code == 0
        assert newest(owner, log) > 0
        assert newest(owner, type(log)(umbrella.id, umbrella.slug, umbrella.schema_name)) > 0


class TestHead:
    def test_of_one_log_is_what_verify_takes(self, acme, audit, sealed):
        last = sealed(2)
        head = audit("head", acme.slug).output.strip()
        assert re.fullmatch(rf"{last}:[0-9a-f]{{64}}", head)
        assert audit("verify", acme.slug, "--head", head).exit_code == 0

    def test_of_all_logs_is_a_table(self, acme, umbrella, audit, sealed):
        sealed(1)
        answer = audit("head").output
        assert re.search(rf"{acme.slug} +\d+:[0-9a-f]{{64}}", answer)
        assert re.search(rf"{umbrella.slug} +nothing is sealed yet", answer)

    def test_one_that_leads_on_is_not_accepted_and_one_that_does_not_is(self, acme, audit, sealed, log):
        last = sealed(2)
        answer = audit("head", acme.slug, "--accept", "--yes")
        assert (answer.exit_code, "nothing to accept" in answer.output) == (1, True)
        runtime().storage.put(log.tenant_id, NAME, f"{last + 5}:{'ab' * 32}".encode())
        told = audit("verify", acme.slug)
        assert (told.exit_code, "The database was set back" in told.output) == (1, True)
        assert f"saas audit head --accept {acme.slug}" in told.output
        assert audit("head", acme.slug, "--accept", input="n\n").exit_code == 1
        assert audit("verify", acme.slug).exit_code == 1
        assert f"goes on from position {last}." in audit("head", acme.slug, "--accept", input="y\n").output
        assert audit("verify", acme.slug).exit_code == 0
        assert "accepted that the log of Acme leads on" in audit("operators").output

    def test_only_that_of_one_log_is_accepted(self, acme, audit):
        assert audit("head", "--accept", "--yes").exit_code == 2


def test_the_key_is_the_one_under_which_signatures_hold(app, audit):
    assert audit("key").output.strip() == public_key().hex()


def test_the_verifier_is_the_script_to_the_letter(app, audit):
    with open(offline.__file__, encoding="utf-8") as file:
        assert audit("verifier").output == file.read()


class TestExpire:
    def test_takes_out_what_is_too_old_and_says_how_much(self, acme, audit, owner, log, hand):
        hand("DELETE FROM {entries}")
        write_at(acme, *(now() - timedelta(days=400 - number) for number in range(3)))
        write(acme)
        seal(owner, log)
        assert f"{acme.slug}: 3 entries older than 365 days taken out." in audit("expire", acme.slug).output
        assert audit("verify", acme.slug).exit_code == 0
        assert f"{acme.slug}: 0 entries" in audit("expire", acme.slug).output

    def test_not_where_the_chain_is_broken(self, acme, audit, owner, log, hand):
        hand("DELETE FROM {entries}")
        write_at(acme, *(now() - timedelta(days=400 - number) for number in range(3)))
        seal(owner, log)
        hand("UPDATE {entries} SET actor_name = 'Eve'")
        answer = audit("expire", acme.slug)
        assert (answer.exit_code, "Nothing more is taken out" in answer.output) == (1, True)


class TestRedact:
    def test_blanks_records_and_leaves_the_chain_whole(self, acme, audit, sealed, log):
        sealed(3)
        answer = audit("redact", acme.slug, "--email", "ada@example.com", "--reason", "request 17", "--yes")
        assert (answer.exit_code, "Personal data in 3 entries blanked." in answer.output) == (0, True)
        with tenant_scope(acme) as session:
            told = session.scalars(select(AuditEntry).where(AuditEntry.event == REDACTED.name)).one()
        assert (told.facts["reason"], told.actor_name.startswith("command line")) == ("request 17", True)
        assert check(log).fault is None
        assert "No entry holds such data." in audit("redact", acme.slug, "--email", "ada@example.com").output

    def test_asks_first(self, acme, audit, sealed):
        sealed(1)
        assert audit("redact", acme.slug, "--text", "Lovelace", input="n\n").exit_code == 1
        assert "1 entries blanked" in audit("redact", acme.slug, "--text", "Lovelace", input="y\n").output

    def test_says_which_entries_do_not_fit_their_seals(self, acme, audit, sealed, hand):
        last = sealed(2)
        hand("UPDATE {entries} SET agent = 'Eve' WHERE id = (SELECT entry_id FROM {seals} WHERE position = %s)", last)
        answer = audit("redact", acme.slug, "--text", "Lovelace", "--yes")
        assert (answer.exit_code, f"left as they are: [{last}]" in answer.output) == (1, True)

    @pytest.mark.parametrize(("name", "options"), [("operators", ["--text", "x"]), (None, [])])
    def test_not_the_operators_log_and_not_nobodys_data(self, acme, audit, name, options):
        assert audit("redact", name or acme.slug, *options).exit_code == 2


class TestOperators:
    def test_shows_the_newest_first_and_no_more_than_asked_for(self, acme, umbrella, audit):
        lines = [line for line in audit("operators", "--limit", "2").output.splitlines() if not line.startswith(" ")]
        assert len(lines) == 2
        assert lines[0][:19] >= lines[1][:19]
        assert "Umbrella" in lines[0]

    def test_refuses_no_number(self, app, audit):
        assert audit("operators", "--limit", "0").exit_code == 2
