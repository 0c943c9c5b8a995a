"""Exports: what is in the files, how they are written, and how they go again."""

import csv
import io
import re
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import select, update

from saas.audit import exporting, offline
from saas.audit.jobs import look_after
from saas.audit.kept import NAME
from saas.audit.models import AuditExport
from saas.audit.module import DOWNLOADED, EXPORTED, FILTER_SAVED
from saas.audit.retention import expire
from saas.audit.sealing import seal
from saas.audit.signing import public_key
from saas.core.actor import Actor
from saas.core.audit import AuditEntry, Target, record
from saas.core.clock import now
from saas.core.ids import new_id
from saas.core.logins import Login
from saas.core.runtime import runtime
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.audit.conftest import download, exports, head_of, lines, newest, write, write_at


def checked(content: bytes, key: bytes | None = None, known=None) -> offline.Check:
    return offline.check(io.BytesIO(content), public_key() if key is None else key, known)


class TestWriting:
    def test_json_lines_hold_every_entry_with_its_seal_between_a_first_and_a_last_line(self, acme, export, owner, log):
        write(acme, 3, note='Zoë said "hi"\n', size=1.50)
        rows = lines(export())
        assert rows[0]["kind"] == offline.KIND
        assert rows[0]["head"]["position"] == len(rows) - 2 == rows[-1]["entries"]
        assert [row["position"] for row in rows[1:-1]] == list(range(1, len(rows) - 1))
        noted = [row for row in rows[1:-1] if row["event"] == FILTER_SAVED.name]
        assert noted[0]["facts"] == {"note": 'Zoë said "hi"\n', "size": 1.5}
        assert noted[0]["actor_name"] == "Ada Lovelace"
        assert rows[-2]["seal"] == head_of(owner, log)["hash"].hex()

    def test_csv_holds_a_sentence_a_row(self, acme, export):
        write(acme, 2)
        rows = list(csv.reader(io.StringIO(export("csv").decode())))
        assert tuple(rows[0]) == exporting.CSV_HEAD
        assert [row[2] for row in rows[1:] if "search" in row[2]] == [
            f"Ada Lovelace kept the search Search {n}" for n in range(2)
        ]
        assert all(len(row) == len(rows[0]) for row in rows)

    @pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
    def test_no_cell_of_a_csv_begins_a_formula(self, acme, export, start):
        text = f"{start}cmd|' /C calc'!A0"
        with tenant_work(acme):
            actor = Actor(
                "member", text, new_id(), address=text, agent=text, email=text, request_id=text, impersonator=text
            )
            record(FILTER_SAVED, actor=actor, target=Target(text, text, text), note=text)
        rows = list(csv.reader(io.StringIO(export("csv", q="calc").decode(), newline="")))
        assert len(rows) == 2
        assert [cell for cell in rows[1] if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
        assert f"'{text}" in rows[1]

    def test_what_was_searched_for_is_in_it_and_nothing_else(self, acme, export):
        write(acme, 3)
        rows = lines(export(event=FILTER_SAVED.name, who="lovelace"))
        assert rows[0]["whole"] is False
        assert rows[0]["search"] == {"event": FILTER_SAVED.name, "who": "lovelace"}
        assert [row["event"] for row in rows[1:-1]] == [FILTER_SAVED.name] * 3

    @pytest.mark.parametrize("search", [{}, {"event": FILTER_SAVED.name}])
    @pytest.mark.parametrize("format", ["jsonl", "csv"])
    def test_a_long_one_is_written_part_by_part(self, acme, export, monkeypatch, search, format):
        write(acme, 10)
        whole = export(format, **search)
        monkeypatch.setattr(exporting.write_part, "__kwdefaults__", {"size": 3})
        parted = export(format, **search)
        assert exports(acme)[-1].parts >= 4
        if format == "csv":
            assert parted.startswith(whole)
        else:
            assert checked(parted).entries >= checked(whole).entries == exports(acme)[0].rows

    def test_progress_is_seen_and_a_killed_job_goes_on_where_it_was(
        self, acme, browse, run_jobs, monkeypatch, settings
    ):
        write(acme, 10)
        monkeypatch.setattr(exporting.write_part, "__kwdefaults__", {"size": 4})
        alice, written, put = browse(acme, "Alice"), [], runtime().storage.put
        alice.post("/audit/exports", {"format": "jsonl"}, page="/audit")
        assert "0 %" in alice.get("/audit/exports").text

        def stumble(_storage, tenant_id, name, content) -> None:
            put(tenant_id, name, content)
            written.extend([name[-5:]] if name != NAME else [])
            if len(written) == 2:
                raise OSError("killed")

        monkeypatch.setattr(type(runtime().storage), "put", stumble)
        run_jobs()
        assert re.findall(r"(\d+) %", alice.get("/audit/exports").text)[0] not in ("0", "100")
        assert exports(acme)[-1].parts == 1
        with psycopg.connect(settings.login(Login.JOBS), autocommit=True) as queue:
            queue.execute("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'")
        run_jobs()
        assert written[:3] == ["00000", "00001", "00001"]
        assert checked(download(alice, acme).data).entries == exports(acme)[-1].rows

    def test_entries_made_meanwhile_are_left_for_the_next_one(self, acme, browse, run_jobs):
        alice = browse(acme, "Alice")
        alice.post("/audit/exports", {"format": "jsonl", "event": FILTER_SAVED.name}, page="/audit")
        write(acme, 2)
        run_jobs()
        assert exports(acme)[-1].rows == 0

    def test_retention_that_overtakes_it_makes_it_begin_anew(self, acme, export, owner, log, monkeypatch):
        write_at(acme, *(now() - timedelta(days=90 - number) for number in range(8)))
        seal(owner, log)
        monkeypatch.setattr(exporting.write_part, "__kwdefaults__", {"size": 3})
        original, calls = exporting.get_start, []

        def overtaken(connection, one):
            calls.append(1)
            if len(calls) == 2:
                expire(owner, log, 60)
            return original(connection, one)

        monkeypatch.setattr(exporting, "get_start", overtaken)
        assert int(checked(export()).head["checkpoint"]["position"]) == newest(owner, log) - checked_rows(acme)

    def test_asking_and_downloading_are_recorded(self, acme, export):
        export("csv", q="x")
        with tenant_scope(acme) as session:
            asked, downloaded = (
                session.scalars(select(AuditEntry).where(AuditEntry.event == event.name)).one()
                for event in (EXPORTED, DOWNLOADED)
            )
        assert asked.facts == {"format": "csv", "search": {"q": "x"}}
        assert (downloaded.actor_name, downloaded.target_id) == ("Alice", asked.target_id)


def checked_rows(acme) -> int:
    return exports(acme)[-1].rows


def files_of(acme) -> list[str]:
    return [name for name in runtime().storage.names(acme.id) if name != NAME]


class TestGettingIt:
    def test_a_mail_says_that_it_is_ready(self, acme, export, mailbox):
        export()
        text = mailbox.text(acme.email("Alice"))
        assert f"http://{acme.host}/audit/exports" in text
        assert "entries of the audit log of Acme" in text

    @pytest.mark.parametrize("person", ["Bob", "Vera"])
    def test_nobody_without_the_permission_asks_for_or_gets_one(self, acme, browse, export, person):
        export()
        browser = browse(acme, person)
        assert browser.get(f"/audit/exports/{exports(acme)[-1].id}").status_code == 403
        assert browser.post("/audit/exports", {"format": "csv"}, page="/").status_code == 403
        assert len(exports(acme)) == 1

    def test_another_admin_gets_it_and_another_organisation_does_not(self, cast, browse, export):
        export()
        path = f"/audit/exports/{exports(cast.acme)[-1].id}"
        assert browse(cast.acme, "Adam").get(path).status_code == 200
        assert browse(cast.umbrella, "Charlie").get(path).status_code == 404

    def test_it_can_be_had_for_seven_days_and_is_then_gone_from_the_disk(self, acme, browse, export):
        export()
        alice, path = browse(acme, "Alice"), f"/audit/exports/{exports(acme)[-1].id}"
        assert files_of(acme) != []
        with tenant_work(acme) as session:
            session.execute(update(AuditExport).values(expires_at=now() - timedelta(seconds=1)))
        assert alice.get(path).status_code == 404
        with tenant_work(acme):
            look_after()
        assert files_of(acme) == []
        assert "Expired" in alice.get("/audit/exports").text

    def test_before_that_nothing_is_taken_away(self, acme, browse, export):
        export()
        with tenant_work(acme):
            look_after()
        assert browse(acme, "Alice").get(f"/audit/exports/{exports(acme)[-1].id}").status_code == 200

    def test_one_that_never_ends_is_given_up_after_a_day(self, acme, browse):
        browse(acme, "Alice").post("/audit/exports", {"format": "csv"}, page="/audit")
        with tenant_work(acme) as session:
            session.execute(update(AuditExport).values(created_at=now() - timedelta(days=2)))
        with tenant_work(acme):
            look_after()
        assert exports(acme)[-1].status == "failed"

    def test_it_is_not_there_before_it_is_ready(self, acme, browse):
        alice = browse(acme, "Alice")
        alice.post("/audit/exports", {"format": "csv"}, page="/audit")
        assert alice.get(f"/audit/exports/{exports(acme)[-1].id}").status_code == 404

    def test_not_more_than_three_are_written_at_a_time(self, acme, browse):
        alice = browse(acme, "Alice")
        for _ in range(4):
            alice.post("/audit/exports", {"format": "csv"}, page="/audit")
        assert len(exports(acme)) == 3

    @pytest.mark.parametrize("format", ["", "xlsx", "CSV", "'"])
    def test_there_are_two_formats(self, acme, browse, format):
        alice = browse(acme, "Alice")
        answer = alice.follow(alice.post("/audit/exports", {"format": format}, page="/audit"))
        assert "Please choose one of these" in answer.text
        assert exports(acme) == []
