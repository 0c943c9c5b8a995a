"""The small parts below: passwords, addresses, devices."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saas.accounts import passwords
from saas.accounts.devices import device_of
from saas.accounts.passwords import check_password, hash_password, verify_password
from saas.core.addresses import canonical_email
from saas.core.errors import Invalid
from saas.core.network import network_of
from tests.accounts.conftest import FIREFOX, IPHONE

STORED = hash_password("violet harbour 27 lamps")


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=400))
def test_verifying_never_raises(password: str) -> None:
    for stored in ("", "no hash", "$2b$bad", "$2b$04$......................DUmJ8CcNrJrIKEIRBjJ9nTGKDWO0yz6"):
        assert verify_password(password, stored)[0] is False


def test_outside_of_tests_a_hash_costs_what_owasp_asks_and_so_does_refusing_nobody() -> None:
    cost = "$argon2id$v=19$m=19456,t=2,p=1$"
    assert passwords.make_hasher().hash("violet harbour 27 lamps").startswith(cost)
    assert passwords._DECOY.startswith(cost)


def test_a_hash_fits_its_password_alone() -> None:
    assert verify_password("violet harbour 27 lamps", STORED) == (True, None)
    assert verify_password("violet harbour 27 lamp", STORED) == (False, None)
    assert verify_password("violet harbour 27 lamps\ud800", STORED) == (False, None)


@pytest.mark.parametrize(
    "good", ["violet harbour 27 lamps", "пароль для Анны", "Tr0ub4dor&3xyz", "정말 좋은 암호입니다"]
)
def test_unrelated_words_are_good_passwords(good: str) -> None:
    check_password(good, about=("Acme", "bob"))


@pytest.mark.parametrize(
    "bad", ["", "short", "password99", "1234567890", "aaaaaaaaaaaa", "Acme-2026!", "x" * 300, "nul\0" * 4]
)
def test_what_is_easy_to_guess_is_refused(bad: str) -> None:
    with pytest.raises(Invalid):
        check_password(bad, about=("Acme", "bob"))


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("Ana@Example.COM", "ana@example.com"),
        (" ana+tag@example.com ", "ana+tag@example.com"),
        ("ana@bücher.example", "ana@xn--bcher-kva.example"),
        ("ana@BÜCHER.example", "ana@xn--bcher-kva.example"),
        ("ana@straße.de", "ana@xn--strae-oqa.de"),
        ("ana@strasse.de", "ana@strasse.de"),
        ("ana@example。com", "ana@example.com"),
    ],
)
def test_an_address_has_one_form(typed: str, canonical: str) -> None:
    assert canonical_email(typed) == canonical
    assert canonical_email(canonical) == canonical


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "@",
        "ana",
        "ana@",
        "@example.com",
        "ana@localhost",
        "a..b@example.com",
        ".a@example.com",
        "аna@example.com",
        "ana@-x.com",
        "ana@☕.example",
        "ana@a＠b.example",
        "ana@ex\u200dample.ü",
        "a b@example.com",
        "ana@example.com\n.com",
        "x" * 65 + "@example.com",
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        canonical_email(typed)


@given(st.text(max_size=200))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        canonical = canonical_email(text)
    except Invalid:
        return
    assert canonical_email(canonical) == canonical
    assert canonical.isascii()


@pytest.mark.parametrize(
    ("agent", "label", "icon"),
    [
        (FIREFOX, "Firefox on Linux", "device-desktop"),
        (IPHONE, "Safari on iPhone", "device-mobile"),
        ("curl/8.5.0", "curl", "terminal"),
        ("", "Unknown browser", "world-question"),
        ("\0<script>", "Unknown browser", "world-question"),
    ],
)
def test_a_device_is_named(agent: str, label: str, icon: str) -> None:
    assert (device_of(agent).label, device_of(agent).icon) == (label, icon)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8::1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("not an address", "not an address"),
    ],
)
def test_a_network_is_what_one_customer_holds(address: str, network: str) -> None:
    assert network_of(address) == network
