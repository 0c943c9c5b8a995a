"""Forms with a number, sent more than once; and gates made at the same moment."""

from uuid import UUID

import pytest

from saas.core.actor import SYSTEM
from saas.core.errors import Conflict
from saas.core.ids import new_id
from saas.modules.validations.module import METER
from saas.modules.validations.operations import gates
from saas.modules.validations.operations.gates import GateDraft, create_gate
from saas.modules.validations.operations.validations import Draft, run_validation
from saas.modules.validations.queries import count_gates, get_validation
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.cast import found
from tests.modules.programs import events_of
from tests.modules.validations.conftest import BARE, PROMOTION
from tests.support import sold

LETTER = Draft("Letter", "other", BARE, ("fca_uk", "gdpr_uk"))


def send(where, draft: Draft, number: UUID) -> UUID:
    """Send a document with a number; the id under which it was checked."""
    with tenant_work(where):
        return run_validation(draft, number=number, actor=SYSTEM).id


@pytest.mark.parametrize(
    "other",
    [
        Draft("Note", "other", BARE, ("fca_uk", "gdpr_uk")),
        Draft("Letter", "invoice", BARE, ("fca_uk", "gdpr_uk")),
        Draft("Letter", "other", PROMOTION, ("fca_uk", "gdpr_uk")),
        Draft("Letter", "other", BARE, ("fca_uk",)),
    ],
    ids=("title", "type", "text", "sets"),
)
def test_another_document_under_a_known_number_is_checked_once_as_well(acme, other):
    number = new_id()
    assert send(acme, LETTER, number) == send(acme, LETTER, number) == number
    made = send(acme, other, number)
    assert made != number
    assert send(acme, other, number) == made
    with tenant_scope(acme):
        found = get_validation(made)
        assert (found.title, found.document_type, found.text) == (other.title, other.document_type, other.text)
        assert set(found.rule_sets) == {*other.rule_sets}
        assert get_validation(number).text == LETTER.text


def test_what_differs_in_space_or_order_alone_is_the_same(acme):
    number = new_id()
    send(acme, LETTER, number)
    assert send(acme, Draft(" Letter ", "other", f"{BARE}\r\n", ["gdpr_uk", "fca_uk"]), number) == number


@pytest.mark.parametrize("text", [BARE, PROMOTION], ids=("same", "different"))
def test_two_forms_with_one_number_at_once_are_both_answered(app, meanwhile, text):
    with sold("loki"):
        acme = found("Acme", owner="Alice", people={})
        number = new_id()
        with tenant_work(acme):
            assert run_validation(LETTER, number=number, actor=SYSTEM).id == number
            other = meanwhile(lambda: send(acme, Draft("Letter", "other", text, LETTER.rule_sets), number))
        assert (other.result() == number) is (text == BARE)
        assert len(events_of(acme, METER)) == (1 if text == BARE else 2)


def test_of_two_who_make_the_last_gate_at_once_one_does(acme, meanwhile, monkeypatch):
    monkeypatch.setattr(gates, "MOST_GATES", 1)

    def make(label: str) -> None:
        with tenant_work(acme):
            create_gate(GateDraft(label, "must", label, "low"), actor=SYSTEM)

    with tenant_work(acme):
        create_gate(GateDraft("One", "must", "one", "low"), actor=SYSTEM)
        other = meanwhile(lambda: make("Two"))
    with pytest.raises(Conflict, match="that is the most"):
        other.result()
    with tenant_scope(acme):
        assert count_gates() == 1
