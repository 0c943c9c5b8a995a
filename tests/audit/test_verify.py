"""The chain, broken by hand in every way as the owner of the database; each is found, where it is and what it is."""

import re
from dataclasses import replace

import pytest
from psycopg import sql

from saas.audit import verifying
from saas.audit.canonical import COMMITMENT, digest
from saas.audit.chains import PATIENCE
from saas.audit.keeping import OPERATORS_LOG
from saas.audit.kept import NAME
from saas.audit.module import FILTER_SAVED
from saas.audit.offline import head_text, sha256
from saas.audit.queries import verify_own
from saas.audit.redaction import redact
from saas.audit.sealing import seal
from saas.audit.signing import sign
from saas.audit.verifying import note_verdict, readers, verify
from saas.core.actor import SYSTEM
from saas.core.audit import record
from saas.core.clock import now
from saas.core.crypto import KeyRing, new_master_key
from saas.core.ids import new_id
from saas.core.runtime import install, runtime
from saas.tenancy.scope import platform_work, tenant_scope
from tests.audit.conftest import check, head_of, newest, write, write_at


@pytest.fixture
def last(acme, sealed):
    """A log of some sealed entries; the newest position."""
    return sealed(12)


ID_OF = "SELECT entry_id FROM {seals} WHERE position = %s"


def entry_at(hand, position):
    return hand(ID_OF, position).fetchone()[0]


def found(log, **options) -> tuple[int | None, str]:
    fault = check(log, **options).fault
    assert fault is not None, "nothing was found"
    return fault.position, fault.sentence


def test_an_untouched_log_holds(acme, last, log):
    verdict = check(log)
    assert (verdict.fault, verdict.first, verdict.last, verdict.entries) == (None, 0, last, last)


def test_a_log_that_was_never_sealed_has_nothing_to_check(acme, log):
    assert check(log).fault is None


def test_a_larger_log_is_checked_in_parts_by_several(acme, sealed, log, monkeypatch):
    last = sealed(20)
    monkeypatch.setattr(verifying, "BATCH", 3)
    told: list[tuple[int, int]] = []
    assert check(log, progress=lambda done, total: told.append((done, total))).fault is None
    assert [done for done, _ in told] == [*range(3, last, 3), last]
    assert {total for _, total in told} == {last}


def test_all_readers_see_the_same_moment(acme, last, owner, log, monkeypatch):
    """Else what is blanked or taken out between their first looks would seem blanked in silence, or missing."""
    monkeypatch.setattr(verifying, "BATCH", 1)
    with readers(log) as reading:
        redact(owner, log, [last - 2, last - 1], actor=SYSTEM)
        seal(owner, log)
        seen = [
            one.execute(sql.SQL("SELECT count(*) FROM {seals} WHERE personal IS NOT NULL").format(**log.tables))
            for one in reading.connections
        ]
        assert [row.fetchone() for row in seen] == [(0,), (0,)]
        assert verify(reading, log).fault is None
    assert check(log).fault is None


CHANGED = [
    ("event", "'audit.log.read'"),
    ("at", "at + interval '1 microsecond'"),
    ("actor_kind", "'system'"),
    ("actor_id", "gen_random_uuid()"),
    ("request_id", "'another'"),
    ("target_kind", "'another'"),
    ("target_id", "'another'"),
    ("actor_name", "'Eve'"),
    ("actor_email", "'eve@example.com'"),
    ("impersonator", "'Eve'"),
    ("address", "'192.0.2.8'"),
    ("agent", "'Lynx'"),
    ("target_label", "'Another'"),
    ("changes", '\'{{"role": ["viewer", "owner"]}}\''),
    ("facts", "'{{\"a\": 1}}'"),
    ("salt", "sha256('')"),
    ("salt", "NULL"),
]


@pytest.mark.parametrize(("column", "value"), CHANGED, ids=lambda text: text[:24])
def test_every_changed_column_of_an_entry_is_found(acme, last, log, hand, column, value):
    hand(f"UPDATE {{entries}} SET {column} = {value} WHERE id = %s", entry_at(hand, 5))
    position, sentence = found(log)
    assert position == 5
    assert "The entry at position 5 was changed" in sentence


def test_a_change_of_the_newest_entry_is_told_from_a_change_of_its_seal(acme, last, log, hand):
    hand("UPDATE {entries} SET actor_name = 'Eve' WHERE id = %s", entry_at(hand, last))
    assert found(log) == (last, f"The entry at position {last} was changed: it does not fit its seal.")


def test_where_all_that_follows_was_changed_too_nothing_tells_which_of_the_two(acme, last, log, hand):
    hand("UPDATE {entries} SET agent = 'Lynx' WHERE id IN (SELECT entry_id FROM {seals} WHERE position > 4)")
    assert found(log) == (5, "The entry at position 5 does not fit its seal: one of them was changed.")


@pytest.mark.parametrize("place", [1, 6, -1])
def test_a_changed_seal_is_found(acme, last, log, hand, place):
    position = place if place > 0 else last
    hand("UPDATE {seals} SET hash = sha256(hash) WHERE position = %s", position)
    assert found(log) == (
        position,
        f"The seal at position {position} was changed: it does not fit its entry.",
    )


def test_an_entry_deleted_in_the_middle_is_missed(acme, last, log, hand):
    entry_id = entry_at(hand, 7)
    hand("DELETE FROM {entries} WHERE id = %s", entry_id)
    assert found(log) == (7, f"The entry at position 7 ({entry_id}) is missing.")


def test_so_is_one_deleted_with_its_seal(acme, last, log, hand):
    hand("DELETE FROM {entries} WHERE id = %s", entry_at(hand, 7))
    hand("DELETE FROM {seals} WHERE position = 7")
    assert found(log) == (7, "The seals of position 7 are missing: entries were taken out of the chain.")


def test_and_several_even_when_those_behind_move_up(acme, last, log, hand):
    hand("DELETE FROM {seals} WHERE position BETWEEN 4 AND 6")
    assert found(log)[1] == "The seals of positions 4 to 6 are missing: entries were taken out of the chain."
    hand("UPDATE {seals} SET position = position - 3 + 1000 WHERE position > 6")
    hand("UPDATE {seals} SET position = position - 1000 WHERE position > 1000")
    assert found(log)[0] == 4


def test_the_beginning_taken_away_is_missed(acme, last, log, hand):
    hand("DELETE FROM {seals} WHERE position <= 2")
    assert found(log) == (1, "The seals of positions 1 to 2 are missing: entries were taken out of the chain.")


@pytest.mark.parametrize("with_entries", [True, False])
def test_a_chain_cut_short_is_known_to_the_platform(acme, last, log, hand, with_entries):
    if with_entries:
        hand("DELETE FROM {entries} WHERE id IN (SELECT entry_id FROM {seals} WHERE position > %s)", last - 3)
    hand("DELETE FROM {seals} WHERE position > %s", last - 3)
    assert found(log) == (
        last - 2,
        f"The chain was cut short: it ends at position {last - 3}, but the platform knows of {last} seals.",
    )


def test_all_of_it_taken_away_is_known_too(acme, last, log, hand):
    hand("DELETE FROM {entries}")
    hand("DELETE FROM {seals}")
    assert found(log)[0] == 1


def test_two_entries_that_changed_places_are_found(acme, last, log, hand):
    one, two = entry_at(hand, 3), entry_at(hand, 9)
    aside = new_id()
    for before, after in ((one, aside), (two, one), (aside, two)):
        hand("UPDATE {entries} SET id = %s WHERE id = %s", after, before)
    assert found(log)[0] == 3


def test_two_seals_that_changed_places_are_found(acme, last, log, hand):
    for before, after in ((3, 1000), (9, 3), (1000, 9)):
        hand("UPDATE {seals} SET position = %s WHERE position = %s", after, before)
    assert found(log)[0] == 3


def test_an_entry_put_back_with_other_words_is_found(acme, last, log, hand):
    row = hand("DELETE FROM {entries} WHERE id = %s RETURNING *", entry_at(hand, 6)).fetchone()
    names = [column.name for column in hand("SELECT * FROM {entries} LIMIT 0").description]
    values = dict(zip(names, row, strict=True)) | {"actor_name": "Eve", "changes": "{}", "facts": "{}"}
    holders = ", ".join(["%s"] * len(names))
    hand(f"INSERT INTO {{entries}} ({', '.join(names)}) VALUES ({holders})", *values.values())
    assert found(log)[0] == 6


def test_an_entry_put_in_later_under_an_old_time_has_no_seal(acme, last, log, owner, hand):
    for _ in range(3):
        seal(owner, log)
    (forged,) = write_at(acme, now() - 2 * PATIENCE)
    seal(owner, log)
    assert str(forged.id) in found(log)[1]


def test_entries_that_wait_too_long_for_their_seals_are_told(acme, log):
    write(acme)
    assert check(log).fault is None
    (waiting,) = write_at(acme, now() - 2 * PATIENCE)
    verdict = check(log)
    assert (verdict.fault, verdict.waiting) == (None, waiting.at)


def test_and_that_the_chain_before_them_holds(acme, last, log):
    (waiting,) = write_at(acme, now() - 2 * PATIENCE)
    verdict = check(log)
    assert (verdict.fault, verdict.last, verdict.waiting) == (None, last, waiting.at)


def rehash(owner, log, hand, position) -> bytes:
    """Seal anew from a position on, just as the application does; returns the newest seal."""
    (before,) = hand("SELECT hash FROM {seals} WHERE position = %s", position - 1).fetchone()
    content = digest(sql.SQL("s.position"), COMMITMENT)
    query = sql.SQL(
        "SELECT s.position, {} FROM {seals} s JOIN {entries} e ON e.id = s.entry_id WHERE s.position >= %s ORDER BY 1"
    )
    for place, one in owner.execute(query.format(content, **log.tables), [position]).fetchall():
        before = sha256(before, one)
        hand("UPDATE {seals} SET hash = %s WHERE position = %s", before, place)
    return before


class TestWrittenAnew:
    """All links fit again: only what is kept elsewhere tells."""

    @pytest.fixture
    def anew(self, acme, last, owner, log, hand):
        """The newest seal before and after somebody wrote the chain anew from position 4 on."""
        kept = head_of(owner, log)["hash"]
        hand("UPDATE {entries} SET actor_name = 'Eve' WHERE id = %s", entry_at(hand, 4))
        return kept, rehash(owner, log, hand, 4)

    def test_the_platforms_head_tells(self, anew, last, log):
        position, sentence = found(log)
        assert position == last
        assert "written anew" in sentence

    def test_with_the_head_the_platforms_signature_tells(self, anew, log, all_powerful):
        all_powerful("UPDATE platform.audit_heads SET hash = %s WHERE tenant_id = %s", anew[1], log.tenant_id)
        assert "its signature does not hold" in found(log)[1]

    def test_with_the_platforms_keys_the_file_beside_the_database_tells(self, anew, last, log, all_powerful):
        self.sign_anew(anew, last, log, all_powerful)
        position, sentence = found(log)
        assert position == last
        assert "not the one that was kept outside the database" in sentence

    def test_with_that_file_the_mail_that_was_kept_tells(self, anew, last, log, all_powerful):
        self.sign_anew(anew, last, log, all_powerful)
        runtime().storage.put(log.tenant_id, NAME, f"{last}:{anew[1].hex()}".encode())
        assert check(log).fault is None
        assert found(log, known={last: anew[0]})[0] == last
        assert check(log, known={last: anew[1], 3: seal_at(all_powerful, 3)}).fault is None

    def sign_anew(self, anew, last, log, all_powerful) -> None:
        signature = sign(head_text(log.tenant_id, last, anew[1].hex()))
        change = "UPDATE platform.audit_heads SET hash = %s, signature = %s WHERE tenant_id = %s"
        all_powerful(change, anew[1], signature, log.tenant_id)


def seal_at(act, position):
    return bytes(act("SELECT hash FROM {seals} WHERE position = %s", position).fetchone()[0])


def test_a_seal_that_is_known_from_a_mail_and_still_there_holds(acme, last, log, hand):
    assert check(log, known={5: seal_at(hand, 5)}).fault is None
    assert found(log, known={5: b"x" * 32})[0] == 5
    assert found(log, known={last + 5: b"x" * 32})[0] == last + 5


def test_seals_behind_the_end_are_found(acme, last, log, hand):
    write(acme)
    hand(
        "INSERT INTO {seals} (position, entry_id, hash) SELECT %s, max(id::text)::uuid, sha256('') FROM {entries}",
        last + 1,
    )
    assert found(log) == (last + 1, f"There are seals behind position {last}, where the chain ends.")


def test_a_head_that_was_taken_away_is_missed(acme, last, log, all_powerful):
    all_powerful("DELETE FROM platform.audit_heads WHERE tenant_id = %s", log.tenant_id)
    assert found(log) == (None, "There are seals, but the platform does not know of this chain.")


def test_one_log_in_place_of_anothers_is_found(acme, umbrella, last, log, owner, hand):
    """Every chain begins with its organisation's id."""
    other = type(log)(umbrella.id, umbrella.slug, umbrella.schema_name)
    for table in ("entries", "seals"):
        owner.execute(sql.SQL("DELETE FROM {}").format(other.tables[table]))
        owner.execute(sql.SQL("INSERT INTO {} SELECT * FROM {}").format(other.tables[table], log.tables[table]))
    seal(owner, other)
    assert check(other).fault is not None


def test_what_was_found_is_kept_beside_the_head(acme, last, log, owner, hand):
    note_verdict(owner, check(log))
    assert (head_of(owner, log)["verified_to"], head_of(owner, log)["fault"]) == (last, "")
    hand("DELETE FROM {entries} WHERE id = %s", entry_at(hand, 2))
    note_verdict(owner, check(log))
    assert re.search("position 2 .* is missing", head_of(owner, log)["fault"])


def test_the_first_of_several_faults_is_told(acme, last, log, hand, monkeypatch):
    monkeypatch.setattr(verifying, "BATCH", 2)
    for position in (11, 3, 8):
        hand("UPDATE {entries} SET actor_name = 'Eve' WHERE id = %s", entry_at(hand, position))
    assert found(log)[0] == 3


def test_the_tenant_itself_can_check_its_log(acme, last, log, hand):
    with tenant_scope(acme):
        assert verify_own().fault is None
    hand("UPDATE {entries} SET agent = '' WHERE id = %s", entry_at(hand, 5))
    with tenant_scope(acme):
        fault = verify_own().fault
    assert fault is not None
    assert fault.position == 5


def test_the_operators_log_is_sealed_and_checked_alike(app, owner, all_powerful):
    with platform_work():
        record(FILTER_SAVED, actor=SYSTEM, about="something")
        record(FILTER_SAVED, actor=SYSTEM, about="something else")
    seal(owner, OPERATORS_LOG)
    assert check(OPERATORS_LOG).fault is None
    last = newest(owner, OPERATORS_LOG)
    change = "UPDATE platform.operator_entries SET tenant_id = {} WHERE id ="
    change += " (SELECT entry_id FROM platform.operator_seals WHERE position = %s)"
    all_powerful(change.format("gen_random_uuid()"), last)
    fault = check(OPERATORS_LOG).fault
    all_powerful(change.format("NULL"), last)
    assert fault is not None
    assert fault.position == last
    assert check(OPERATORS_LOG).fault is None


def test_a_head_signed_with_a_master_key_that_is_gone_says_so(acme, last, log, owner):
    before = runtime()
    former = next(iter(before.keys.keys.items()))
    fresh = KeyRing.parse(new_master_key(2))
    both = KeyRing({**fresh.keys, former[0]: former[1]}, current=2)
    try:
        install(replace(before, keys=fresh))
        assert "master key 1, which is not in MASTER_KEYS" in found(log)[1]
        install(replace(before, keys=both))
        assert check(log).fault is None
        seal(owner, log)
        install(replace(before, keys=fresh))
        assert check(log).fault is None
    finally:
        install(before)
