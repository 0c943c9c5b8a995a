"""VAT ids: right ones are kept in one form, wrong ones are told why."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.billing.countries import EU, countries
from saas.billing.vat_ids import PREFIXES, SHAPES, check_vat_id
from saas.core.errors import Invalid


@pytest.mark.parametrize(
    ("typed", "country", "kept"),
    [
        ("", "DE", ""),
        (" - ", "DE", ""),
        ("DE136695976", "DE", "DE136695976"),
        ("de 136.695.976", "DE", "DE136695976"),
        ("136695976", "DE", "DE136695976"),
        ("ＤＥ１３６６９５９７６", "DE", "DE136695976"),
        ("ATU 13585627", "AT", "ATU13585627"),
        ("FR 40 303 265 045", "FR", "FR40303265045"),
        ("FR40303265045", "MC", "FR40303265045"),
        ("EL 094259216", "GR", "EL094259216"),
        ("GR094259216", "GR", "EL094259216"),
        ("094259216", "GR", "EL094259216"),
        ("NL4495445B01", "NL", "NL004495445B01"),
        ("GB 980 7806 84", "GB", "GB980780684"),
        ("XI 980 7806 84", "GB", "XI980780684"),
        ("CHE-107.787.577 IVA", "CH", "CHE107787577IVA"),
        ("CHE-107.787.577", "CH", "CHE107787577MWST"),
        ("NO 995 525 828 MVA", "NO", "NO995525828MVA"),
        ("995525828", "NO", "NO995525828MVA"),
        ("12-3456789", "US", "123456789"),
        ("BR 11 222 333", "BR", "BR11222333"),
    ],
)
def test_a_right_one_is_kept_in_one_form(typed: str, country: str, kept: str) -> None:
    assert check_vat_id(typed, country=country) == kept
    assert check_vat_id(kept, country=country) == kept


@pytest.mark.parametrize(
    ("typed", "country", "told"),
    [
        ("DE13669597", "DE", "too short or too long. One from Germany looks like DE123456789"),
        ("DE1366959761", "DE", "too short or too long"),
        ("DE136695977", "DE", "check digit"),
        ("DE13669597A", "DE", "not the form"),
        ("FR40303265045", "DE", "another country (France) than the address (Germany)"),
        ("GR094259216", "DE", "another country (Greece)"),
        ("DE136695976", "GR", "another country (Germany) than the address (Greece)"),
        ("XI980780684", "IE", "another country (Northern Ireland)"),
        ("EL0942592161", "GR", "One from Greece looks like EL123456789"),
        ("XI98078068", "GB", "One from Northern Ireland looks like XI123456789"),
        ("GB980780685", "GB", "check digit"),
        ("CHE107787578MWST", "CH", "check digit"),
        ("NO995525829MVA", "NO", "check digit"),
        ("DE136695976", "US", "another country (Germany) than the address (United States)"),
        ("abc", "US", "4 to 20 letters and digits"),
        ("DE136695976DE136695976", "DE", "4 to 20 letters and digits"),
        ("ДЕ136695976", "DE", "4 to 20 letters and digits"),
    ],
)
def test_a_wrong_one_is_told_why(typed: str, country: str, told: str) -> None:
    with pytest.raises(Invalid, match=re.escape(told)) as refusal:
        check_vat_id(typed, country=country)
    assert refusal.value.field == "vat_id"


def test_every_member_state_is_checked() -> None:
    assert {prefix for country in EU for prefix in PREFIXES.get(country, (country,))} <= set(SHAPES)
    assert set(countries()) >= EU


@pytest.mark.parametrize("prefix", SHAPES)
def test_of_every_country_what_has_no_such_shape_is_refused(prefix: str) -> None:
    home = next((code for code, known in PREFIXES.items() if prefix in known), prefix)
    with pytest.raises(Invalid):
        check_vat_id(f"{prefix}QQ", country=home)


@given(st.text(max_size=30), st.sampled_from(sorted(countries())))
def test_whatever_is_typed_is_kept_in_one_form_or_refused(typed: str, country: str) -> None:
    try:
        kept = check_vat_id(typed, country=country)
    except Invalid:
        return
    assert kept == "" or re.fullmatch("[A-Z0-9]{4,20}", kept)
