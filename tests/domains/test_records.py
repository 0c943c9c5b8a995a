"""Which records a host needs, and how a provider wants their names written."""

from saas.domains.records import Claim, records_for, relative_name
from saas.domains.zones import zone_of

TARGET = "custom.saas.example"
ADDRESSES = ("192.0.2.7", "2001:db8::7")


def told(host: str) -> list[tuple[str, str, str, str]]:
    """What is to be entered: type, name as the provider wants it, value, purpose."""
    records = records_for(Claim(host, "k3y", TARGET, ADDRESSES))
    return [(one.type, relative_name(one, zone_of(host)), one.value, one.purpose) for one in records]


def test_a_host_below_its_domain_is_pointed_by_a_cname() -> None:
    assert told("portal.example.com") == [
        ("TXT", "_domain-verify.portal", "domain-verify=k3y", "ownership"),
        ("CNAME", "portal", TARGET, "pointing"),
    ]


def test_the_domain_itself_can_have_no_cname_and_is_pointed_by_addresses() -> None:
    assert told("example.com") == [
        ("TXT", "_domain-verify", "domain-verify=k3y", "ownership"),
        ("A", "@", "192.0.2.7", "pointing"),
        ("AAAA", "@", "2001:db8::7", "pointing"),
    ]


def test_a_full_name_is_written_without_its_domain_and_the_domain_as_an_at_sign() -> None:
    proof, cname = records_for(Claim("portal.example.co.uk", "k3y", TARGET))
    assert (proof.name, relative_name(proof)) == ("_domain-verify.portal.example.co.uk", "_domain-verify.portal")
    assert (cname.name, relative_name(cname)) == ("portal.example.co.uk", "portal")
    assert relative_name(cname, "portal.example.co.uk") == "@"
