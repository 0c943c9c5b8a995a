"""Zones as a provider's form fills them: names as they are typed, values as they are, refusals with their reasons."""

from pathlib import Path

import pytest

from saas.domains.networks import are_cloudflares
from saas.sandbox.dns.entries import PROXIES, Refused
from saas.sandbox.dns.zones import Zones


@pytest.fixture
def zones() -> Zones:
    """Nothing opened yet."""
    return Zones(hosts={"custom.localhost": ["127.0.0.1", "::1"]})


def values(zones: Zones, name: str, type: str) -> list[str]:
    return [entry.value for entry in zones.look(name, type).entries]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("portal", "portal.example.com"),
        (" Portal ", "portal.example.com"),
        ("@", "example.com"),
        ("", "example.com"),
        ("portal.example.com", "portal.example.com.example.com"),
        ("portal.example.com.", "portal.example.com"),
        ("_domain-verify.portal", "_domain-verify.portal.example.com"),
    ],
)
def test_the_domain_is_appended_to_what_is_typed_unless_it_ends_with_a_dot(
    zones: Zones, typed: str, meant: str
) -> None:
    assert zones.add("example.com", typed, "A", "192.0.2.7").name == meant
    assert values(zones, meant, "A") == ["192.0.2.7"]


@pytest.mark.parametrize(
    ("name", "type", "value", "field"),
    [
        ("portal", "A", "", "value"),
        ("portal", "A", "example.net", "value"),
        ("portal", "A", "2001:db8::1", "value"),
        ("portal", "AAAA", "192.0.2.7", "value"),
        ("portal", "CNAME", "no host", "value"),
        ("portal", "CAA", "letsencrypt.org", "value"),
        ("portal", "NAPTR", "x", "type"),
        ("other.example.net.", "A", "192.0.2.7", "name"),
        ("a b", "A", "192.0.2.7", "name"),
        ("x" * 64, "A", "192.0.2.7", "name"),
    ],
)
def test_what_no_server_could_answer_is_refused(zones: Zones, name: str, type: str, value: str, field: str) -> None:
    with pytest.raises(Refused) as refusal:
        zones.add("example.com", name, type, value)
    assert refusal.value.field == field
    assert zones.all() == []
    right = {"A": "192.0.2.7", "AAAA": "2001:db8::1", "CNAME": "a.example.net", "CAA": '0 issue "letsencrypt.org"'}
    zones.add("example.com", "portal", type if type in right else "A", right.get(type, "192.0.2.7"))


def test_a_cname_stands_alone(zones: Zones) -> None:
    zones.add("example.com", "portal", "CNAME", "a.example.net")
    zones.add("example.com", "www", "A", "192.0.2.7")
    for name, type, value in (("portal", "A", "192.0.2.7"), ("www", "CNAME", "a.example.net")):
        with pytest.raises(Refused, match="nothing beside it"):
            zones.add("example.com", name, type, value)
    zones.add("example.com", "www", "A", "192.0.2.8")
    with pytest.raises(Refused, match="there already"):
        zones.add("example.com", "www", "A", "192.0.2.8")


def test_texts_are_kept_exactly_as_typed(zones: Zones) -> None:
    zones.add("example.com", "@", "TXT", '"quoted" ')
    assert values(zones, "example.com", "TXT") == ['"quoted" ']


def test_a_proxied_record_answers_with_the_proxys_addresses(zones: Zones) -> None:
    made = zones.add("example.com", "portal", "CNAME", "custom.localhost", proxied=True)
    assert values(zones, "portal.example.com", "A") == [PROXIES["A"]]
    assert values(zones, "portal.example.com", "AAAA") == [PROXIES["AAAA"]]
    assert values(zones, "portal.example.com", "TXT") == []
    assert are_cloudflares(PROXIES.values())
    zones.remove("example.com", made.id)
    zones.add("example.com", "portal", "CNAME", "custom.localhost")
    assert values(zones, "portal.example.com", "A") == ["custom.localhost"]
    assert not zones.add("example.com", "@", "TXT", "x", proxied=True).proxied


def test_every_domain_exists_but_those_of_no_registry(zones: Zones) -> None:
    assert zones.look("example.net", "A").exists
    assert not zones.look("portal.example.net", "A").exists
    assert zones.look("portal.example.net", "A").zone == "example.net"
    assert not zones.look("example.unregistered", "NS").exists
    zones.add("example.net", "a.b", "A", "192.0.2.7")
    assert zones.look("b.example.net", "A").exists


def test_the_target_is_this_machine(zones: Zones) -> None:
    assert values(zones, "custom.localhost", "A") == ["127.0.0.1"]
    assert values(zones, "custom.localhost", "AAAA") == ["::1"]


def test_the_nearest_zone_answers(zones: Zones) -> None:
    zones.add("example.com", "portal.eu", "A", "192.0.2.1")
    zones.add("eu.example.com", "portal", "A", "192.0.2.2")
    assert values(zones, "portal.eu.example.com", "A") == ["192.0.2.2"]
    zones.close("eu.example.com")
    assert values(zones, "portal.eu.example.com", "A") == ["192.0.2.1"]


def test_what_was_entered_is_there_at_the_next_start(tmp_path: Path) -> None:
    file = tmp_path / "zones.json"
    first = Zones(file)
    kept = first.add("example.com", "portal", "TXT", "ü „x“", proxied=False)
    gone = first.add("example.com", "@", "A", "192.0.2.7")
    first.remove("example.com", gone.id)
    first.set_trouble("example.com", "dnssec")
    first.open("example.net")
    second = Zones(file)
    assert second.all() == first.all()
    assert [(zone.name, zone.entries, zone.trouble) for zone in second.all()] == [
        ("example.com", (kept,), "dnssec"),
        ("example.net", (), ""),
    ]
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("typed", ["", "example", "http://example.com", "exa mple.com", "-a.example.com"])
def test_only_domains_can_be_opened(zones: Zones, typed: str) -> None:
    with pytest.raises(Refused):
        zones.open(typed)
    assert zones.open(" Example.COM. ").name == "example.com"
