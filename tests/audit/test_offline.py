"""The script that checks an export without the application: it finds whatever was done to the file."""

import io
import json
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql

from saas.audit import offline
from saas.audit.canonical import COMMITMENT, digest
from saas.audit.module import FILTER_SAVED
from saas.audit.offline import Wrong
from saas.audit.redaction import find_personal, redact
from saas.audit.retention import expire
from saas.audit.sealing import seal
from saas.audit.signing import public_key
from saas.core.actor import SYSTEM
from saas.core.clock import now
from saas.core.ids import new_id
from saas.tenancy.provisioning import owner_connection
from tests.audit.conftest import exports, lines, newest, write, write_at


def checked(content: bytes, key: bytes | None = None, known=None) -> offline.Check:
    return offline.check(io.BytesIO(content), public_key() if key is None else key, known)


def wrong(content: bytes, **options) -> str:
    with pytest.raises(Wrong) as told:
        checked(content, **options)
    return str(told.value)


def with_line(content: bytes, number: int, line: dict | None) -> bytes:
    rows = content.splitlines(keepends=True)
    rows[number : number + 1] = [json.dumps(line, ensure_ascii=False).encode() + b"\n"] if line else []
    return b"".join(rows)


class TestOffline:
    @pytest.fixture
    def file(self, acme, export) -> bytes:
        write(
            acme,
            6,
            note='Zoë \\ "x" \u2028 \t',
            float=2.5,
            big=123456789012345678,
            nested={"b": [1, None, True], "aa": "é"},
        )
        return export()

    def test_a_good_file_is_good(self, file, acme):
        done = checked(file)
        assert (done.entries, done.whole, done.redacted, done.log_id) == (exports(acme)[-1].rows, True, 0, str(acme.id))

    def test_it_is_also_when_a_program_wrote_the_json_another_way(self, file):
        """Without the key: the lines are not those that were written, the entries are."""
        first, *rows, last = lines(file)
        rewritten = [{name: row[name] for name in sorted(row)} for row in rows]
        text = "\n".join(json.dumps(row, separators=(",", ":")) for row in [first, *rewritten, last])
        assert wrong(text.encode(), key=b"") == "The lines are not those that were written."

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            *(
                ("event", "x"),
                ("at", "2026-01-01T00:00:00+00:00"),
                ("actor_id", "0193a5f0-0000-7000-8000-000000000000"),
                ("actor_kind", "system"),
                ("request_id", "x"),
            ),
            *(
                ("target_id", "x"),
                ("target_kind", "x"),
                ("actor_name", "Eve"),
                ("actor_email", "e"),
                ("impersonator", "Olga"),
            ),
            *(
                ("address", "x"),
                ("agent", "x"),
                ("target_label", "x"),
                ("changes", {"a": [1, 2]}),
                ("facts", {}),
                ("salt", "00"),
            ),
            *(("id", "0193a5f0-0000-7000-8000-000000000000"), ("commitment", "ab" * 32)),
        ],
    )
    def test_every_edit_is_found(self, file, field, value):
        rows = lines(file)
        number = next(number for number, row in enumerate(rows) if row.get("event") == FILTER_SAVED.name)
        row = rows[number]
        told = wrong(with_line(file, number, {**row, field: value}), key=b"")
        assert f"position {row['position']}" in told

    def test_a_number_in_a_fact_cannot_be_changed_either(self, file):
        edited = file.replace(b"123456789012345678", b"123456789012345679", 1)
        assert "was changed" in wrong(edited, key=b"")

    @pytest.mark.parametrize("name", ["sentence", "sealed"])
    def test_nothing_can_be_added_to_an_entry(self, file, name):
        assert "more or fewer fields" in wrong(with_line(file, 3, {**lines(file)[3], name: "x"}), key=b"")

    def test_nor_said_twice(self, file):
        rows = file.splitlines(keepends=True)
        rows[3] = rows[3].replace(b'"actor_name": ', b'"actor_name": "Eve", "actor_name": ', 1)
        assert wrong(b"".join(rows), key=b"") == "Line 4 names a field twice."

    @pytest.mark.parametrize("number", [1, 4, -2])
    def test_a_line_taken_out_is_missed(self, file, number):
        told = wrong(with_line(file, number, None), key=b"")
        assert "missing" in told or "was written with" in told

    def test_a_file_cut_short_is_missed(self, file):
        rows = file.splitlines(keepends=True)
        assert wrong(b"".join(rows[:-1]), key=b"") == "The file was cut short: its last line is missing."
        assert wrong(b"".join(rows[:-1])[:-20], key=b"").endswith("is not JSON.")

    def test_one_cut_short_with_care_is_missed_by_its_head_and_with_that_by_the_key(self, file):
        first, *rows, last = lines(file)
        rows = rows[:-2]
        shorter = [first, *rows, {**last, "entries": len(rows)}]
        assert "but the newest seal was at" in wrong(rewritten(shorter), key=b"")
        shorter[0] = {**first, "head": {**first["head"], "position": rows[-1]["position"], "seal": rows[-1]["seal"]}}
        forged = rewritten(shorter)
        assert checked(forged, key=b"").entries == len(rows)
        assert wrong(forged) == "The newest seal is not signed with the key you gave."
        known = {lines(file)[-2]["position"]: bytes.fromhex(lines(file)[-2]["seal"])}
        assert "does not hold the position that you know" in wrong(forged, key=b"", known=known)

    def test_lines_in_another_order_are_found(self, file):
        rows = file.splitlines(keepends=True)
        rows[2], rows[3] = rows[3], rows[2]
        assert re.search("missing|another order", wrong(b"".join(rows), key=b""))
        rows[3] = rows[2]
        assert wrong(b"".join(rows), key=b"") != ""

    def test_a_line_twice_is_found(self, file):
        rows = file.splitlines(keepends=True)
        assert "there twice" in wrong(b"".join([*rows[:4], rows[3], *rows[4:]]), key=b"")

    def test_a_chain_made_anew_with_fitting_seals_is_found_by_the_key_and_by_a_mail(self, file, acme):
        first, *rows, last = lines(file)
        before = offline.genesis(acme.id)
        for row in rows:
            row["actor_name"] = "Eve"
            raw = offline.read(json.dumps(row, ensure_ascii=False).encode(), 1)
            row["before"], before = before.hex(), offline.sha256(before, offline.digest(raw, offline.commitment(raw)))
            row["seal"] = before.hex()
        first["head"]["seal"] = before.hex()
        forged = rewritten([first, *rows, last])
        assert checked(forged, key=b"").entries == len(rows)
        assert "not signed with the key" in wrong(forged)
        kept = lines(file)[4]
        assert "another seal than the one you know" in wrong(
            forged, key=b"", known={kept["position"]: bytes.fromhex(kept["seal"])}
        )

    def test_with_another_key_nothing_is_signed(self, file):
        assert "not signed" in wrong(file, key=b"\1" * 32)

    def test_a_part_of_the_log_is_checked_entry_by_entry(self, acme, export):
        write(acme, 3)
        write(acme, 1, actor=SYSTEM)
        part = export(who="lovelace", event=FILTER_SAVED.name)
        assert (checked(part).whole, checked(part).entries) == (False, 3)
        row = lines(part)[2]
        assert "was changed" in wrong(with_line(part, 2, {**row, "actor_name": "Eve"}), key=b"")
        assert "was written with" in wrong(with_line(part, 2, None), key=b"")

    def test_what_was_redacted_still_fits(self, acme, export, owner, log):
        write(acme, 3)
        seal(owner, log)
        redact(owner, log, find_personal(owner, log, ["ada@example.com"]), actor=SYSTEM)
        file = export()
        assert checked(file).redacted == 3
        number = next(n for n, row in enumerate(lines(file)) if row.get("commitment"))
        assert "holds personal data" in wrong(with_line(file, number, {**lines(file)[number], "agent": "x"}), key=b"")

    def test_a_log_whose_beginning_was_taken_out_begins_at_a_signed_checkpoint(self, acme, export, owner, log):
        owner.execute(sql.SQL("DELETE FROM {entries}").format(**log.tables))
        write_at(acme, *(now() - timedelta(days=60 - number, hours=-1) for number in range(5)))
        seal(owner, log)
        expire(owner, log, 57)
        file = export()
        assert lines(file)[1]["position"] == 4
        assert checked(file).entries == newest(owner, log) - 3
        first = lines(file)[0]
        first["checkpoint"]["removed"] += 1
        assert (
            wrong(with_line(file, 0, first))
            == "The checkpoint where the chain begins is not signed with the key you gave."
        )

    def test_a_head_from_before_the_beginning_is_no_fault_and_is_told(self, acme, export, owner, log, tmp_path, capsys):
        owner.execute(sql.SQL("DELETE FROM {entries}").format(**log.tables))
        write_at(acme, *(now() - timedelta(days=60 - number, hours=-1) for number in range(5)))
        seal(owner, log)
        query = sql.SQL("SELECT position, encode(hash, 'hex') FROM {seals} ORDER BY position").format(**log.tables)
        heads = [f"{position}:{seal}" for position, seal in owner.execute(query)]
        expire(owner, log, 57)
        path = tmp_path / "export.jsonl"
        path.write_bytes(export())

        def told(*heads: str) -> tuple[int, str]:
            code = offline.main([str(path), *(word for head in heads for word in ("--head", head))])
            return code, capsys.readouterr().out

        code, out = told(heads[1], heads[3])
        assert (code, out.startswith("GOOD")) == (0, True)
        assert "Position 2, which you know, was taken out since: the chain begins behind position 3." in out
        assert told(heads[2])[0] == 0
        code, out = told("3:" + "ab" * 32)
        assert (code, "begins behind position 3 with another seal" in out) == (1, True)
        assert told("4:" + "ab" * 32)[0] == 1

    def test_a_part_of_the_log_is_not_called_good_when_a_known_seal_is_not_in_it(self, acme, export, tmp_path, capsys):
        write(acme, 3)
        part = export(who="lovelace", event=FILTER_SAVED.name)
        path, inside = tmp_path / "export.jsonl", lines(part)[1]
        path.write_bytes(part)
        assert offline.main([str(path), "--head", f"{inside['position']}:{inside['seal']}"]) == 0
        assert capsys.readouterr().out.startswith("GOOD")
        assert offline.main([str(path), "--head", "1:" + "ab" * 32]) == 3
        out = capsys.readouterr().out
        assert "GOOD" not in out
        assert "Position 1, which you know, is not in this file" in out

    @pytest.mark.parametrize(
        "content", [b"", b"hello", b"{}\n", b"[]\n", b'{"kind": "end"}\n', b"\xff\xfe\n", b"null\n"]
    )
    def test_what_is_no_export_is_told(self, content, tmp_path, capsys):
        path = tmp_path / "file"
        path.write_bytes(content)
        assert offline.main([str(path)]) in (1, 2)
        assert capsys.readouterr().out

    def test_the_script_runs_alone(self, file, tmp_path):
        """With nothing but Python: no package of ours, no library."""
        (tmp_path / "verify.py").write_bytes(Path(offline.__file__).read_bytes())
        (tmp_path / "good.jsonl").write_bytes(file)
        (tmp_path / "bad.jsonl").write_bytes(file.replace(b"Ada Lovelace", b"Eve", 1))
        last = lines(file)[-2]
        head = f"{last['position']}:{last['seal']}"

        def run(*arguments: str) -> tuple[int, str]:
            command = [sys.executable, "-I", "-S", "verify.py", *arguments]
            answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
            return answer.returncode, answer.stdout + answer.stderr

        code, told = run("good.jsonl", "--key", public_key().hex(), "--head", head)
        assert (code, told.startswith("GOOD")) == (0, True)
        assert head in told
        code, told = run("good.jsonl")
        assert (code, "was not checked" in told) == (0, True)
        code, told = run("bad.jsonl")
        assert (code, told.startswith("WRONG: The entry at position")) == (1, True)
        assert run("nothing.jsonl")[0] == 2


def rewritten(rows: list[dict]) -> bytes:
    """A file of these lines with a fitting running hash, as somebody without the key can write it."""
    running, text = b"\0" * 32, []
    for row in rows[:-1]:
        text.append(json.dumps(row, ensure_ascii=False))
        running = offline.sha256(running, text[-1])
    return "\n".join([*text, json.dumps({**rows[-1], "lines": running.hex()})]).encode()


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=6,
)


@given(name=TEXTS, facts=st.dictionaries(TEXTS, VALUES, max_size=4), at=st.integers(0, 4 * 10**15))
def test_database_and_script_agree_on_every_digest(app, settings, name, facts, at):
    with owner_connection() as connection:
        row = connection.execute(
            sql.SQL(
                "SELECT to_json(e) ->> 'id', e.at, e.facts::text, encode({personal}, 'hex'), encode({digest}, 'hex') FROM (SELECT"
                " %(id)s::uuid AS id, to_timestamp(0) + %(at)s * interval '1 microsecond' AS at,"
                " NULL::uuid AS actor_id, 'member' AS actor_kind, %(name)s AS event, %(name)s AS request_id,"
                " '' AS target_kind, %(name)s AS target_id, '' AS target_label, %(name)s AS actor_name, '' AS actor_email,"
                " '' AS impersonator, %(name)s AS address, '' AS agent, '{{}}'::jsonb AS changes, %(facts)s::jsonb AS facts,"
                " '\\x00ff'::bytea AS salt) e"
            ).format(personal=COMMITMENT, digest=digest(sql.SQL("7"), COMMITMENT)),
            {"id": new_id(), "at": at, "name": name, "facts": json.dumps(facts)},
        ).fetchone()
    assert row is not None
    entry = {
        **dict.fromkeys((*offline.PUBLIC, *offline.PERSONAL), ""),
        **dict.fromkeys(("event", "request_id", "target_id", "actor_name", "address"), name),
        "position": 7,
        "id": row[0],
        "at": row[1].isoformat(),
        "actor_kind": "member",
        "actor_id": None,
        "changes": {},
        "salt": "00ff",
        "facts": offline.read(f'{{"facts": {row[2]}}}'.encode(), 1)["facts"],
    }
    assert offline.commitment(entry).hex() == row[3]
    assert offline.digest(entry, offline.commitment(entry)).hex() == row[4]
