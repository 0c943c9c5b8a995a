"""The page of checks: the chain as it was found, checks under way, who gets the daily seal."""

from datetime import timedelta

import psycopg
import pytest
from markupsafe import escape

from saas.audit.jobs import _note_progress, _verify, keep_logs, verify_log
from saas.audit.module import MAILS_CHANGED, VERIFIED
from saas.core.clock import now
from saas.tenancy.scope import tenant_work
from tests.audit.conftest import recorded, text_of, write_at


class TestChecks:
    def test_a_small_log_is_checked_at_once_and_by_the_keeper(self, acme, browse, sealed, run_jobs):
        sealed(5)
        alice = browse(acme, "Alice")
        answer = alice.follow(alice.post("/audit/checks"))
        assert "The log is whole" in text_of(answer)
        assert recorded(acme, VERIFIED)[-1].facts["fault"] == ""
        assert "none yet" in text_of(answer)
        run_jobs()
        assert "Last check just now" in text_of(alice.get("/audit/checks"))

    def test_what_is_wrong_is_shown_at_once_and_stays_shown(self, acme, browse, sealed, owner, run_jobs):
        last = sealed(5)
        owner.execute(
            f"UPDATE {acme.schema_name}.audit_entries SET actor_name = 'Eve' WHERE actor_name = 'Ada Lovelace'".encode()
        )
        alice = browse(acme, "Alice")
        wrong = f"The entry at position {last - 4} does not fit its seal"
        assert wrong in text_of(alice.follow(alice.post("/audit/checks")))
        run_jobs()
        assert wrong in text_of(alice.get("/audit/checks"))
        assert wrong in recorded(acme, VERIFIED)[-1].facts["fault"]

    def test_a_large_log_is_checked_by_a_job_with_progress(self, acme, browse, sealed, run_jobs, monkeypatch):
        monkeypatch.setattr("saas.audit.operations.IN_REQUEST", 2)
        sealed(5)
        alice = browse(acme, "Alice")
        waiting = alice.follow(alice.post("/audit/checks"))
        assert "Checking" in text_of(waiting)
        assert 'hx-trigger="every 1s"' in waiting.text
        run_jobs()
        done = alice.get("/audit/checks")
        assert "hx-trigger" not in done.text
        assert "The log is whole" in text_of(done)

    def test_progress_is_seen_while_it_is_under_way(self, acme, browse, sealed, log, monkeypatch):
        alice, shown = browse(acme, "Alice"), []
        last = sealed(6)
        monkeypatch.setattr("saas.audit.verifying.BATCH", 4)
        monkeypatch.setattr(
            "saas.audit.jobs.note_verdict", lambda *_: shown.append(text_of(alice.get("/audit/checks")))
        )
        _verify(log)
        assert f"{last} of {last}" in shown[0]

    def test_one_that_failed_is_not_waited_for_and_can_be_asked_for_again(
        self, acme, browse, sealed, log, monkeypatch, run_jobs
    ):
        sealed(3)
        alice, shown = browse(acme, "Alice"), []

        def fail(*_) -> None:
            shown.append(alice.get("/audit/checks").text)
            raise psycopg.OperationalError("the connection is lost")

        with monkeypatch.context() as patch:
            patch.setattr("saas.audit.jobs.note_verdict", fail)
            with pytest.raises(psycopg.OperationalError):
                _verify(log)
        for page, waits in ((shown[0], True), (alice.get("/audit/checks").text, False)):
            assert ("hx-trigger" in page, "Check now" in page) == (waits, not waits)
        alice.post("/audit/checks")
        run_jobs()
        assert "Last check just now" in text_of(alice.get("/audit/checks"))

    def test_nor_is_one_that_was_killed_longer_than_a_night(self, acme, browse, sealed, owner, log):
        sealed(3)
        _note_progress(owner, log, 2)
        alice = browse(acme, "Alice")
        assert "Check now" not in alice.get("/audit/checks").text
        keep_logs()
        assert "Check now" in alice.get("/audit/checks").text

    @pytest.mark.parametrize(("ago", "waits"), [(5, True), (3600, False)])
    def test_the_page_asks_again_for_some_minutes_only(self, acme, browse, sealed, ago, waits):
        sealed(1)
        page = browse(acme, "Alice").get(f"/audit/checks?asked={int(now().timestamp()) - ago}").text
        assert ("hx-trigger" in page) is waits

    def test_the_log_is_checked_every_week_unasked(self, acme, sealed, browse):
        sealed(3)
        with tenant_work(acme):
            verify_log()
        assert "The log is whole" in text_of(browse(acme, "Alice").get("/audit/checks"))

    def test_before_the_first_sealing_there_is_nothing_to_check(self, acme, browse):
        page = browse(acme, "Alice").get("/audit/checks")
        assert "Nothing is sealed yet" in text_of(page)
        assert "Check now" not in page.text

    def test_entries_that_wait_for_their_seals_are_told_without_calling_the_chain_broken(
        self, acme, browse, sealed, run_jobs
    ):
        sealed(3)
        alice = browse(acme, "Alice")
        assert "wait for their seals" not in text_of(alice.get("/audit/checks"))
        write_at(acme, now() - timedelta(hours=3))
        page = text_of(alice.follow(alice.post("/audit/checks")))
        assert "Entries wait for their seals" in page
        assert "not as it was written" not in page
        run_jobs()
        assert "wait for their seals" not in text_of(alice.get("/audit/checks"))

    def test_no_more_than_ten_checks_a_minute(self, acme, browse, sealed):
        sealed(1)
        alice = browse(acme, "Alice")
        assert [alice.post("/audit/checks").status_code for _ in range(11)] == [303] * 10 + [429]


class TestMails:
    def test_addresses_are_stored_in_their_canonical_form_and_recorded(self, acme, browse):
        alice = browse(acme, "Alice")
        answer = alice.post(
            "/audit/mails",
            {"addresses": " Ada@Example.COM \r\n\r\nsec@exämple.org\r\nada@example.com"},
            page="/audit/checks",
        )
        assert answer.status_code == 303
        assert "ada@example.com\nsec@xn--exmple-cua.org" in alice.follow(answer).text
        assert recorded(acme, MAILS_CHANGED)[-1].changes == {
            "addresses": [[], ["ada@example.com", "sec@xn--exmple-cua.org"]]
        }
        alice.post("/audit/mails", {"addresses": "ada@example.com\nsec@xn--exmple-cua.org"})
        assert len(recorded(acme, MAILS_CHANGED)) == 1

    @pytest.mark.parametrize(
        "text",
        ["nobody", "a@b", "ok@example.com\nbad", "x\0@example.com", "\n".join(f"a{n}@example.com" for n in range(11))],
    )
    def test_what_is_no_address_is_refused_and_the_form_kept(self, acme, browse, text):
        answer = browse(acme, "Alice").post("/audit/mails", {"addresses": text}, page="/audit/checks")
        assert answer.status_code == 422
        assert recorded(acme, MAILS_CHANGED) == []
        if "\0" not in text:
            assert str(escape(text)) in answer.text.replace("\r\n", "\n")
