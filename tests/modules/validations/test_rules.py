"""The rule sets: each gate lets a plausible text through and stops one in which something was forgotten."""

import re

import pytest

from saas.modules.validations.gates import SEVERITIES, Document, Gate
from saas.modules.validations.rules import RULE_SETS
from saas.modules.validations.samples import SAMPLES

GATES = {f"{name}.{gate.id}": gate for name, one in RULE_SETS.items() for gate in one.gates}

STOPPED = {
    "fca_uk.risk_warning": "Invest with us and watch your money grow.",
    "fca_uk.no_guarantee": "This bond offers a risk-free income.",
    "fca_uk.firm_reference": "Northwind LLP, founded 1998.",
    "fca_uk.authorised": "Northwind LLP looks after your savings.",
    "fca_uk.past_performance": "The fund has returned 12 in each of three years; past performance shows what it can do.",
    "fca_uk.charges": "Everything is included in our offer.",
    "fca_uk.tax_depends": "Gains in an ISA are yours.",
    "fca_uk.no_pressure": "This is your last chance: act now!",
    "gdpr_uk.controller": "We look after what you tell us.",
    "gdpr_uk.lawful_basis": "We use your data because we like to.",
    "gdpr_uk.purposes": "We have your address.",
    "gdpr_uk.retention": "We keep your data safe.",
    "gdpr_uk.officer": "Questions? Call us.",
    "gdpr_uk.rights": "You have the right of access and of erasure.",
    "gdpr_uk.complaint": "If you are unhappy, tell us.",
    "gdpr_uk.transfers": "We store some data outside the United Kingdom.",
    "tax_uk.tax_year": "Your profit was higher than before.",
    "tax_uk.vat_number": "VAT at 20 % is added.",
    "tax_uk.vat_rate": "VAT is added. VAT number GB 123 4567 89",
    "tax_uk.hmrc": "You have to tell the tax office.",
    "tax_uk.no_avoidance": "With us you avoid all tax.",
    "tax_uk.circumstances": "This is right for everybody.",
    "tax_uk.deadline": "Send it some day.",
    "nda_uk.parties": "I promise to be silent.",
    "nda_uk.definition": "Secrets are to be kept.",
    "nda_uk.purpose": "Do with it what you like.",
    "nda_uk.term": "The duty lasts.",
    "nda_uk.exceptions": "Everything is secret, what is in the public domain too.",
    "nda_uk.return": "Papers may be kept.",
    "nda_uk.governing_law": "A judge decides.",
    "nda_uk.signatures": "Agreed.",
    "hr_scottish.start_date": "Welcome to us.",
    "hr_scottish.job": "You help where you can.",
    "hr_scottish.pay": "We pay well.",
    "hr_scottish.hours": "Come when you like.",
    "hr_scottish.holiday": "Take a rest when you are tired.",
    "hr_scottish.notice": "You can go whenever you want.",
    "hr_scottish.grievance": "We are all friends.",
    "hr_scottish.scots_law": "This contract is governed by the laws of England and Wales.",
}


@pytest.mark.parametrize("name", GATES)
def test_a_gate_stops_what_was_forgotten_and_lets_the_complete_text_through(name: str) -> None:
    gate, rule_set = GATES[name], name.partition(".")[0]
    stopped = gate.check(Document(STOPPED[name]))
    assert not stopped.passed
    assert stopped.note.endswith(".")
    complete = next(sample for sample in SAMPLES if rule_set in sample.rule_sets)
    passed = gate.check(Document("\n".join(complete.lines)))
    assert passed.passed, passed


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.document_type)
def test_the_complete_samples_pass_all_gates_and_their_slips_do_not(sample) -> None:
    gates = [gate for name in sample.rule_sets for gate in RULE_SETS[name].gates]
    whole = Document("\n\n".join(sample.lines))
    assert [gate.id for gate in gates if not gate.check(whole).passed] == []


def test_rule_sets_have_five_to_eight_gates_with_names_of_their_own() -> None:
    for one in RULE_SETS.values():
        assert 5 <= len(one.gates) <= 8
        assert len({gate.id for gate in one.gates}) == len(one.gates)


@pytest.mark.parametrize("gate", GATES.values(), ids=GATES)
def test_each_gate_says_how_grave_it_is_and_how_to_mend_it(gate: Gate) -> None:
    assert gate.severity in SEVERITIES
    assert gate.mend.endswith(".")
    assert re.fullmatch(r"[a-z_]+", gate.id)
