"""The doctor: every cause beside the healthy state that it disturbs; no wrong token proves anything; silence is no failure."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from saas.domains.answers import AUTHORITATIVE, REASONS, Answer
from saas.domains.causes import CAUSES
from saas.domains.doctor import examine, judge
from saas.domains.findings import find
from saas.domains.judging import is_allowed
from saas.domains.records import Claim
from saas.domains.reports import Report
from saas.domains.signs import lasting
from tests.domains.answers import RESOLVERS, Table, Zone
from tests.domains.certificates.conftest import set_to

MOMENT = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
FIRST, SECOND, THIRD = RESOLVERS
TOKEN = "k3y-of-Portal-7"
RIGHT = f"domain-verify={TOKEN}"
HOST, PROOF = "portal.example.com", "_domain-verify.portal.example.com"
TARGET, OURS, OURS6 = "custom.saas.example", "198.51.100.7", "2001:db8::7"

WORLD: Zone = {(TARGET, "A"): [OURS], (TARGET, "AAAA"): [OURS6], ("example.com", "NS"): ["ns1.example.net"]}
TXT: Zone = {(PROOF, "TXT"): [RIGHT]}
CNAME: Zone = {(HOST, "CNAME"): [TARGET]}
GOOD: Zone = {**WORLD, **TXT, **CNAME}
APEX: Zone = {
    **WORLD,
    ("_domain-verify.example.com", "TXT"): [RIGHT],
    ("example.com", "A"): [OURS],
    ("example.com", "AAAA"): [OURS6],
}


def report(zone: Zone, host: str = HOST, addresses: tuple[str, ...] = (), **table: Any) -> Report:
    """What the doctor says where this stands in the DNS."""
    claim = Claim(host, TOKEN, TARGET, addresses)
    return judge(find(claim, Table(zone, **table)), MOMENT, "letsencrypt.org")


def apex(zone: Zone, **table: Any) -> Report:
    """The same for a claim of the domain itself."""
    return report(zone, "example.com", (OURS, OURS6), **table)


def at(*values: str, kind: str = "A", name: str = HOST) -> Zone:
    """A host with addresses instead of the CNAME, proven."""
    return {**WORLD, **TXT, (name, kind): values}


def txt(*values: str, name: str = PROOF) -> Zone:
    """A host that points here, with a proof of these values."""
    return {**WORLD, **CNAME, (name, "TXT"): values}


def circle(*names: str) -> Zone:
    """CNAMEs from each name to the next, and from the last to the first."""
    return {(name, "CNAME"): [target] for name, target in zip(names, (*names[1:], names[0]), strict=True)}


FINE: Mapping[str, Callable[[], Report]] = {
    "a CNAME to the target": lambda: report(GOOD),
    "a CNAME to a CNAME to the target": lambda: report(
        {**WORLD, **TXT, (HOST, "CNAME"): ["www.example.com"], ("www.example.com", "CNAME"): [TARGET]}
    ),
    "the addresses of the target": lambda: report({**at(OURS), (HOST, "AAAA"): [OURS6]}),
    "an IPv4 address alone": lambda: report(at(OURS)),
    "the domain itself": lambda: apex(APEX),
    "the domain itself, by the target's own addresses": lambda: report(APEX, "example.com"),
    "another proof beside": lambda: report(txt("domain-verify=of-another", RIGHT)),
    "our authority among others": lambda: report(
        {**GOOD, ("example.com", "CAA"): ['0 issue "digicert.com"', '0 issue "letsencrypt.org"']}
    ),
    "CAA records that limit nobody": lambda: report(
        {**GOOD, ("example.com", "CAA"): ['0 iodef "mailto:a@example.com"']}
    ),
    "one resolver that gives no answer": lambda: report(GOOD, failing={FIRST: "timeout"}),
    "one resolver that is behind": lambda: report(GOOD, views={THIRD: WORLD}),
    "own servers that cannot be asked": lambda: report(GOOD, failing={AUTHORITATIVE: "servers"}),
}
WRONG: Mapping[str, list[tuple[Callable[[], Report], str]]] = {
    "nothing_yet": [(lambda: report(WORLD), "None of the records")],
    "zone_unknown": [(lambda: report({(TARGET, "A"): [OURS]}), "example.com")],
    "txt_missing": [
        (lambda: report({**WORLD, **CNAME}), "_domain-verify.portal"),
        (lambda: report({**WORLD, (HOST, "A"): ["192.0.2.99"]}), RIGHT),
    ],
    "txt_doubled": [(lambda: report(txt(RIGHT, name=f"{PROOF}.example.com")), f"{PROOF}.example.com")],
    "txt_bare": [(lambda: report({**at(OURS), (PROOF, "TXT"): [], (HOST, "TXT"): [RIGHT]}), HOST)],
    "txt_zone": [(lambda: report(txt(RIGHT, name="_domain-verify.example.com")), "_domain-verify.example.com")],
    "txt_quotes": [(lambda: report(txt(f'"{RIGHT}"')), f'"{RIGHT}"'), (lambda: report(txt(f"“{RIGHT}”")), "“")],
    "txt_spaces": [
        (lambda: report(txt(f"{RIGHT} ")), RIGHT),
        (lambda: report(txt(RIGHT.replace("=", " = "))), "domain-verify = "),
        (lambda: report(txt(f"{RIGHT}\N{REPLACEMENT CHARACTER}")), RIGHT),
    ],
    "txt_case": [(lambda: report(txt(RIGHT.lower())), RIGHT.lower())],
    "txt_without_prefix": [(lambda: report(txt(TOKEN)), TOKEN)],
    "txt_cut": [(lambda: report(txt(RIGHT[:-2])), RIGHT[:-2])],
    "txt_other_token": [(lambda: report(txt("domain-verify=of-another")), "of-another")],
    "txt_other": [(lambda: report(txt("v=spf1 -all")), "v=spf1 -all")],
    "propagating": [
        (lambda: report({**WORLD, **CNAME}, views={FIRST: GOOD}), "TXT record"),
        (lambda: report({**WORLD, **CNAME}, views={AUTHORITATIVE: GOOD}), "TXT record"),
        (lambda: report({**WORLD, **TXT}, views={THIRD: GOOD}), f"{FIRST}, {SECOND}"),
        (lambda: report({**at("192.0.2.99")}, views={AUTHORITATIVE: GOOD}), "address"),
        (lambda: report(txt("domain-verify=of-another"), views={AUTHORITATIVE: GOOD}), "TXT record"),
        (lambda: report(GOOD, views={FIRST: WORLD}, failing={SECOND: "timeout"}), "TXT record"),
        (lambda: report({**GOOD, **circle(HOST)}, views={AUTHORITATIVE: GOOD}), "address"),
    ],
    "host_missing": [(lambda: report({**WORLD, **TXT}), f"portal and the value {TARGET}")],
    "cname_doubled": [
        (
            lambda: report({**WORLD, **TXT, (f"{HOST}.example.com", "CNAME"): [TARGET]}),
            f"{HOST}.example.com",
        )
    ],
    "cname_appended": [
        (lambda: report({**WORLD, **TXT, (HOST, "CNAME"): [f"{TARGET}.example.com"]}), f"at its end: {TARGET}."),
    ],
    "cname_elsewhere": [
        (
            lambda: report({**WORLD, **TXT, (HOST, "CNAME"): ["shops.example.net"]}),
            "shops.example.net",
        )
    ],
    "cname_circle": [
        (lambda: report({**WORLD, **TXT, **circle(HOST)}), f"{HOST} → {HOST}"),
        (lambda: report({**WORLD, **TXT, **circle(HOST, "a.example.net")}), f"{HOST} → a.example.net → {HOST}"),
        (lambda: report({**WORLD, **circle(HOST)}), f"portal and the value {TARGET}"),
        (lambda: apex({**APEX, **circle("example.com")}), OURS),
    ],
    "proxied": [
        (lambda: report(at("104.21.7.7", "172.67.1.1")), "104.21.7.7, 172.67.1.1"),
        (lambda: apex({**APEX, ("example.com", "A"): ["188.114.97.3"]}), "DNS only"),
    ],
    "parked": [
        (lambda: report(at("91.195.240.19")), "91.195.240.19"),
        (
            lambda: report({**WORLD, **TXT, (HOST, "CNAME"): ["parkingpage.namecheap.com"]}),
            "parkingpage.namecheap.com",
        ),
    ],
    "stray_a": [(lambda: report(at(OURS, "192.0.2.99")), "192.0.2.99")],
    "stray_aaaa": [(lambda: report({**at(OURS), (HOST, "AAAA"): ["2001:db8:bad::1"]}), "2001:db8:bad::1")],
    "only_ipv6": [(lambda: report(at(OURS6, kind="AAAA")), TARGET)],
    "elsewhere": [(lambda: report(at("192.0.2.99")), "192.0.2.99")],
    "target_unknown": [(lambda: report({**TXT, (HOST, "A"): ["192.0.2.99"]}), TARGET)],
    "could_not_ask": [
        (lambda: report(GOOD, failing=dict.fromkeys(RESOLVERS, "timeout")), "did not answer in time"),
        (lambda: report(GOOD, failing={**dict.fromkeys(RESOLVERS, "refused"), FIRST: "dnssec"}), FIRST),
    ],
    "servfail": [(lambda: report(GOOD, failing=dict.fromkeys(RESOLVERS, "servfail")), "SERVFAIL")],
    "dnssec": [(lambda: report(GOOD, failing={FIRST: "dnssec", SECOND: "dnssec", THIRD: "timeout"}), "DNSSEC")],
    "caa": [
        (lambda: report({**GOOD, ("example.com", "CAA"): ['0 issue "digicert.com"']}), "digicert.com"),
        (lambda: report({**GOOD, (TARGET, "CAA"): ['0 issue ";"']}), "letsencrypt.org"),
    ],
    "cname_at_apex": [
        (
            lambda: apex({**WORLD, ("_domain-verify.example.com", "TXT"): [RIGHT], ("example.com", "CNAME"): [TARGET]}),
            OURS,
        )
    ],
}
CASES = [(cause, make, word) for cause, made in WRONG.items() for make, word in made]
WORKS = {"caa", "cname_at_apex"}
UNKNOWN = {"could_not_ask", "servfail", "dnssec"}


@pytest.mark.parametrize("make", FINE.values(), ids=FINE)
def test_what_works_is_said_to_be_good(make: Callable[[], Report]) -> None:
    found = make()
    assert (found.proven, found.points_here, found.cause) == (True, True, "good")
    assert {row.verdict for row in found.records} == {"found"}
    assert found.is_good
    assert found.advice == ""


@pytest.mark.parametrize(("cause", "make", "word"), CASES, ids=[cause for cause, *_ in CASES])
def test_what_does_not_work_is_told_with_its_cause(cause: str, make: Callable[[], Report], word: str) -> None:
    found = make()
    assert found.cause == cause
    assert word in f"{found.sentence} {found.advice}"
    assert found.advice
    assert found.is_good == (cause in WORKS)
    assert (found.proven is None) == (cause in UNKNOWN)
    assert "{" not in found.sentence + found.advice


def test_every_cause_of_the_table_can_be_told() -> None:
    assert {*WRONG, "good"} == CAUSES.keys()


def test_what_is_told_outlives_being_kept() -> None:
    for make in (*FINE.values(), *(make for _, make, _ in CASES)):
        found = make()
        assert Report.read(json.loads(json.dumps(found.stored()))) == found


def test_a_majority_of_those_who_answer_decides() -> None:
    assert report(GOOD, views={THIRD: WORLD}).proven is True
    assert report(GOOD, views={FIRST: WORLD, THIRD: WORLD}).proven is False
    assert report(GOOD, views={THIRD: WORLD}, failing={FIRST: "timeout"}).proven is False
    assert report(GOOD, failing={FIRST: "timeout", THIRD: "servfail"}).proven is True
    assert report(GOOD, failing=dict.fromkeys(RESOLVERS, "timeout")).proven is None


def test_the_domains_own_servers_prove_nothing_by_themselves() -> None:
    assert report(WORLD, views={AUTHORITATIVE: GOOD}).proven is False
    assert report(GOOD, views={AUTHORITATIVE: WORLD}).proven is True


def test_each_record_is_told_with_what_was_received() -> None:
    found = report({**txt("domain-verify=of-another"), (HOST, "CNAME"): ["shops.example.net"]})
    proof, cname = found.records
    assert (proof.verdict, cname.verdict) == ("wrong", "wrong")
    assert {answer.resolver: answer.values for answer in proof.answers} == dict.fromkeys(
        (*RESOLVERS, AUTHORITATIVE), ("domain-verify=of-another",)
    )
    assert {answer.values for answer in cname.answers} == {("shops.example.net",)}
    missing = report(WORLD)
    assert [row.verdict for row in missing.records] == ["missing", "missing"]
    silent = report(GOOD, failing=dict.fromkeys(RESOLVERS, "timeout"))
    assert [row.verdict for row in silent.records] == ["unknown", "unknown"]
    assert {answer.detail for answer in silent.records[0].answers} == {REASONS["timeout"], ""}


def test_a_circle_is_a_wrong_record_and_not_a_silent_server() -> None:
    found = report({**WORLD, **TXT, **circle(HOST)})
    assert [row.verdict for row in found.records] == ["found", "wrong"]
    assert (found.proven, found.points_here) == (True, False)
    silent = report(GOOD, failing=dict.fromkeys(RESOLVERS, "servfail"))
    assert (silent.cause, silent.points_here) == ("servfail", None)
    assert [row.verdict for row in apex({**APEX, **circle("example.com")}).records] == ["found", "wrong", "wrong"]


@pytest.mark.parametrize(("names", "cause"), [(16, "cname_circle"), (17, "servfail")])
def test_circles_of_sixteen_names_are_seen_and_larger_ones_are_servers_that_fail(names: int, cause: str) -> None:
    ring = circle(HOST, *(f"{number}.example.net" for number in range(1, names)))
    assert report({**WORLD, **TXT, **ring}).cause == cause


def test_of_four_resolvers_one_that_goes_in_a_circle_and_one_that_is_silent_outvote_nobody() -> None:
    four = (*RESOLVERS, "192.0.2.153")
    round_and_round: Zone = {**WORLD, **TXT, **circle(HOST)}
    astray: Zone = {**WORLD, **TXT, (HOST, "CNAME"): ["shops.example.net"]}

    def found(*views: Zone, silent: str = "timeout") -> Report:
        failing = {THIRD: silent}
        return report(GOOD, resolvers=four, views=dict(zip(four, views, strict=False)), failing=failing)

    good = found(round_and_round)
    assert (good.proven, good.points_here) == (True, True)
    assert found(astray).points_here is True
    assert found(round_and_round, round_and_round).points_here is False
    assert found(astray, astray).points_here is False
    assert found(round_and_round, silent="servfail").points_here is False, "who got lost is not silent"
    assert found(astray, silent="servfail").points_here is True


@pytest.mark.parametrize(
    ("silent", "kind", "value", "verdicts"),
    [
        ("A", "AAAA", OURS6, ["unknown", "found"]),
        ("A", "AAAA", "2001:db8:bad::1", ["unknown", "wrong"]),
        ("AAAA", "A", OURS, ["found", "unknown"]),
        ("AAAA", "A", "192.0.2.99", ["wrong", "unknown"]),
    ],
)
def test_each_address_is_judged_by_its_own_answers(silent: str, kind: str, value: str, verdicts: list[str]) -> None:
    zone = {**APEX, ("example.com", kind): [value]}
    assert [row.verdict for row in apex(zone, silent={silent: "timeout"}).records] == ["found", *verdicts]


def test_a_record_that_is_on_its_way_is_missing_and_not_wrong() -> None:
    assert [row.verdict for row in report(WORLD, views={FIRST: GOOD}).records] == ["missing", "missing"]


def test_how_long_it_may_take_is_said_as_long_as_answers_may_be_kept() -> None:
    assert "5 minutes by what these answers say" in report(WORLD, views={FIRST: GOOD}).advice
    assert "2 hours" in report(WORLD, views={FIRST: GOOD}, ttl=7200).advice
    assert [lasting(seconds) for seconds in (1, 60, 61, 3600, 90_000)] == [
        "a minute",
        "a minute",
        "2 minutes",
        "60 minutes",
        "2 days",
    ]


@pytest.mark.parametrize(
    ("values", "allowed"),
    [
        (['0 issue "letsencrypt.org"'], True),
        (['0 issue "letsencrypt.org; validationmethods=http-01,dns-01"'], True),
        (['0 issue "letsencrypt.org; validationmethods=dns-01"'], False),
        (['0 issue "digicert.com"'], False),
        (['0 issue ";"'], False),
        (['0 issuewild "digicert.com"'], True),
        (['0 iodef "mailto:security@example.com"'], True),
        (['0 tbs "unknown"'], True),
        (['128 tbs "unknown"'], False),
        (["nonsense"], False),
        ([], True),
    ],
)
def test_caa_records_are_read_as_the_authority_reads_them(values: list[str], allowed: bool) -> None:
    assert is_allowed(values, "letsencrypt.org") is allowed


def test_the_nearest_caa_records_decide_and_silence_is_no_ban() -> None:
    above = {("example.com", "CAA"): ['0 issue "digicert.com"']}
    assert report({**GOOD, **above}).cause == "caa"
    assert apex({**APEX, ("com", "CAA"): ['0 issue "digicert.com"']}).cause == "good"
    near = {**at(OURS), **above, (HOST, "CAA"): ['0 issue "letsencrypt.org"']}
    assert report(near).cause == "good"


def test_an_examination_uses_the_settings_and_the_present_moment(app: Flask) -> None:
    found = examine(Claim(HOST, TOKEN, TARGET), Table({**GOOD, ("example.com", "CAA"): ['0 issue "letsencrypt.org"']}))
    assert found.cause == "good"
    assert found.at.tzinfo is not None


@pytest.mark.parametrize(("certificates", "cause"), [("none", "good"), ("outside", "caa"), ("acme", "caa")])
def test_caa_records_are_told_of_where_certificates_are_made(app: Flask, certificates: str, cause: str) -> None:
    table = Table({**GOOD, ("example.com", "CAA"): ['0 issue "digicert.com"']})
    with set_to(certificates=certificates):
        assert examine(Claim(HOST, TOKEN, TARGET), table).cause == cause


def test_of_a_spared_host_it_is_told_that_it_leads_elsewhere_before_that_its_proof_is_missing() -> None:
    spared, strict = Claim(HOST, TOKEN, TARGET, spared=True), Claim(HOST, TOKEN, TARGET)
    astray = Table({**WORLD, (HOST, "A"): ["192.0.2.99"]})
    assert judge(find(spared, astray), MOMENT, "").cause == "elsewhere"
    assert judge(find(strict, astray), MOMENT, "").cause != "elsewhere"
    here = Table({**WORLD, (HOST, "CNAME"): [TARGET]})
    assert judge(find(spared, here), MOMENT, "").cause == "txt_missing"


@given(
    st.lists(
        st.text(max_size=40)
        | st.sampled_from([RIGHT.lower(), f'"{RIGHT}"', f"{RIGHT} ", f" {RIGHT}", TOKEN, RIGHT[:-1]])
    ),
    st.lists(st.sampled_from(["found", "failed"]), min_size=3, max_size=3),
)
def test_no_wrong_token_ever_proves_anything(values: list[str], kinds: list[str]) -> None:
    values = [value for value in values if value != RIGHT]
    failing = {name: "timeout" for name, kind in zip(RESOLVERS, kinds, strict=True) if kind == "failed"}
    found = report({**GOOD, (PROOF, "TXT"): values}, failing=failing)
    assert not found.proven
    assert (found.proven is None) == (len(failing) == 3)


@given(st.lists(st.ip_addresses().map(str), max_size=4), st.lists(st.text(min_size=1, max_size=30), max_size=2))
def test_whatever_stands_in_the_dns_has_a_cause_with_words(addresses: list[str], caa: list[str]) -> None:
    zone = {
        **WORLD,
        **TXT,
        (HOST, "A"): [one for one in addresses if ":" not in one],
        (HOST, "AAAA"): [one for one in addresses if ":" in one],
        ("example.com", "CAA"): caa,
    }
    found = report(zone)
    assert found.cause in CAUSES
    assert found.sentence
    assert found.points_here == ({*addresses} <= {OURS, OURS6} and OURS in addresses)


def test_well_known_resolvers_are_called_by_their_names() -> None:
    assert Answer("9.9.9.9", "nothing").asked == "Quad9 (9.9.9.9)"
    assert Answer("192.0.2.53", "nothing").asked == "192.0.2.53"
    assert Answer(AUTHORITATIVE, "nothing").asked == "The domain’s own name servers"
