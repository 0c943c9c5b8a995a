"""Hosts as people enter them."""

import pytest

from saas.core.errors import Invalid
from saas.domains.hosts import alike, deceives, display, host_of, skeleton
from saas.tenancy import names
from saas.tenancy.names import is_ours

pytestmark = pytest.mark.usefixtures("app")  # whose base domain is example.test


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        ("portal.example.com", "portal.example.com"),
        ("  Portal.EXAMPLE.com ", "portal.example.com"),
        ("portal.example.com.", "portal.example.com"),
        ("https://portal.example.com/welcome?a=b#c", "portal.example.com"),
        ("HTTP://portal.example.com:8443", "portal.example.com"),
        ("portal.example.com:8443/", "portal.example.com"),
        ("example.co.uk", "example.co.uk"),
        ("a-b.example.com", "a-b.example.com"),
        ("1.example.com", "1.example.com"),
        ("bücher.example.com", "xn--bcher-kva.example.com"),
        ("BÜCHER.example.com", "xn--bcher-kva.example.com"),
        ("xn--bcher-kva.example.com", "xn--bcher-kva.example.com"),
        ("straße.example.com", "xn--strae-oqa.example.com"),
        ("portal。example。com", "portal.example.com"),
        ("例え.example.com", "xn--r8jz45g.example.com"),
        ("россия.example.com", "xn--h1alffa9f.example.com"),
        ("notexample.test", "notexample.test"),
        ("example1.test", "example1.test"),
        ("example.test1.example.com", "example.test1.example.com"),
        ("example.test.example.com", "example.test.example.com"),
        (f"{'a' * 63}.example.com", f"{'a' * 63}.example.com"),
    ],
)
def test_what_was_typed_is_made_plain(typed, host):
    assert host_of(typed) == host


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "Enter a domain"),
        ("https://", "Enter a domain"),
        ("example.test", "part of our own address"),
        ("https://Acme.example.test/", "part of our own address"),
        ("deep.acme.example.test.", "part of our own address"),
        ("192.0.2.7", "IP address"),
        ("http://192.0.2.7:80/", "IP address"),
        ("192.0.513", "IP address"),
        ("0x7f.1", "IP address"),
        ("127.0.0.0x1", "IP address"),
        ("[2001:db8::1]", "IP address"),
        ("[2001:db8::1]:443", "IP address"),
        ("2001:db8::1", "IP address"),
        ("localhost", "a whole domain with a dot"),
        ("acme", "a whole domain with a dot"),
        ("com", "a whole domain with a dot"),
        ("portal.localhost", r"end in \.localhost mean the very computer"),
        ("portal.acme.invalid", r"end in \.invalid are kept for tests and never exist"),
        ("portal.onion", r"end in \.onion exist in the Tor network only"),
        ("7.2.0.192.in-addr.arpa", r"end in \.arpa are kept for the workings of the internet"),
        ("printer.local", "private networks"),
        ("wiki.internal", "private networks"),
        ("*.example.com", "wildcard"),
        ("_dmarc.example.com", "underscore"),
        ("ana@example.com", "e-mail address"),
        ("co.uk", "Names below co.uk are given to others"),
        ("com.au", "Names below com.au are given to others"),
        ("-a.example.com", "letters, digits and dashes"),
        ("a-.example.com", "letters, digits and dashes"),
        ("a..example.com", "letters, digits and dashes"),
        (".example.com", "letters, digits and dashes"),
        ("a b.example.com", "letters, digits and dashes"),
        ("a'b.example.com", "letters, digits and dashes"),
        (f"{'a' * 64}.example.com", "letters, digits and dashes"),
        (".".join(["a" * 40] * 5) + ".com", "too long"),
        ("xn--zz.example.com", "not the name of a domain"),
        ("☃.example.com", "not the name of a domain"),
        ("exаmple.com", "mixes letters of different alphabets"),
        ("xn--exmple-4nf.com", "mixes letters of different alphabets"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(typed, reason):
    with pytest.raises(Invalid, match=reason) as refusal:
        host_of(typed)
    assert refusal.value.field == "host"


@pytest.mark.parametrize(
    "twin",
    [
        "exämple.test",
        "acme.exámple.test",
        "examplе.test",
        "ехамрӏе.test",
        "xn--exmple-cua.test",
        "examp1e.test",
        "acme.examp1e.test",
        "exarnple.test",
    ],
)
def test_twins_of_our_own_address_are_refused(twin):
    with pytest.raises(Invalid, match=r"looks like our own address|mixes letters"):
        host_of(twin)


def test_hosts_that_look_alike_have_one_skeleton():
    whole = "раураӏ.example.com"  # every letter of it Cyrillic
    assert skeleton(host_of(whole)) == skeleton("paypal.example.com") == skeleton("paypa1.example.com")
    assert skeleton("xn--bcher-kva.example.com") == skeleton("bucher.example.com")


@pytest.mark.parametrize(
    ("twin", "known"),
    [
        ("paypa1.example.com", "paypal.example.com"),
        ("off1ce.example.com", "office.example.com"),
        ("g00gle.example.com", "google.example.com"),
        ("team1o.example.com", "team10.example.com"),
        ("b00king-1.example.com", "booking-l.example.com"),
        ("раура1.example.com", "paypal.example.com"),
    ],
)
def test_digits_that_are_taken_for_letters_make_twins(twin, known):
    assert alike(twin, known)
    assert alike(known, twin)
    assert skeleton(twin) == skeleton(known)
    assert deceives(twin, known)


def test_the_plain_one_of_two_twins_deceives_nobody():
    assert deceives("paypa1.kern10.example.com", "paypal.kern10.example.com")
    assert not deceives("paypal.kern10.example.com", "paypa1.kern10.example.com")


@pytest.mark.parametrize(
    ("host", "other"),
    [
        ("mail.example.com", "mall.example.com"),
        ("web1.example.com", "web2.example.com"),
        ("web1.example.com", "web.example.com"),
        ("paypal.example.com", "paypa7.example.com"),
        ("shop1.example.com", "shopo.example.com"),
        ("modern.example.com", "modem.example.com"),
        ("savvy.example.com", "sawy.example.com"),
    ],
)
def test_names_that_differ_to_the_eye_are_no_twins(host, other):
    assert not alike(host, other)
    assert not alike(other, host)


def test_people_read_letters():
    assert display("xn--bcher-kva.example.com") == "bücher.example.com"
    assert display("portal.example.com") == "portal.example.com"


class Base:
    base_domain = "localhost"


@pytest.mark.parametrize(
    ("host", "ours"),
    [("localhost", True), ("acme.localhost", True), ("portal.acme.localhost", False), ("example.com", False)],
)
def test_below_localhost_only_the_next_level_is_ours_so_that_domains_can_be_tried(monkeypatch, host, ours):
    monkeypatch.setattr(names, "settings", Base)
    assert is_ours(host) is ours


@pytest.mark.parametrize("host", ["example.test", "acme.example.test", "portal.acme.example.test"])
def test_below_another_base_domain_everything_is_ours(host):
    assert is_ours(host)


def test_a_domain_below_localhost_can_be_tried_where_that_is_the_base(monkeypatch):
    monkeypatch.setattr(names, "settings", Base)
    assert host_of("http://portal.acme-corp.localhost:8000/") == "portal.acme-corp.localhost"
    with pytest.raises(Invalid, match="our own address"):
        host_of("acme-corp.localhost")
