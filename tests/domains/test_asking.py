"""Asking over the network: the sandbox's real servers, and servers that say nothing, nonsense or too much."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from saas.domains.answers import AUTHORITATIVE, Answer, Question
from saas.domains.asking import Resolvers, ask_all, asker
from saas.domains.doctor import judge
from saas.domains.findings import find
from saas.domains.reading import LONGEST, MOST, read_message
from saas.domains.records import Claim
from saas.sandbox.dns.server import Running
from saas.sandbox.dns.zones import Trouble
from tests.domains.conftest import Clock
from tests.domains.test_doctor import MOMENT, PROOF, RIGHT, TARGET, TOKEN

HOST = "portal.example.com"
Respond = Callable[[bytes], bytes | None]


@contextmanager
def server(respond: Respond) -> Iterator[str]:
    """A server on UDP that answers as it is told; its address."""
    with socket.socket(type=socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))

        def serve() -> None:
            while True:
                asked, sender = listening.recvfrom(65_535)
                if not asked:
                    return
                if answer := respond(asked):
                    listening.sendto(answer, sender)

        thread = threading.Thread(target=serve)
        thread.start()
        port = listening.getsockname()[1]
        try:
            yield f"127.0.0.1:{port}"
        finally:
            with socket.socket(type=socket.SOCK_DGRAM) as ending:
                ending.sendto(b"", ("127.0.0.1", port))
            thread.join()


def answering_with(*rrsets: str, rcode: dns.rcode.Rcode = dns.rcode.NOERROR) -> Callable[[bytes], bytes]:
    """Answers every question with these records."""

    def respond(asked: bytes) -> bytes:
        answer = dns.message.make_response(dns.message.from_wire(asked))
        answer.set_rcode(rcode)
        for rrset in rrsets:
            name, type, value = rrset.split(" ", 2)
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", type, value))
        return answer.to_wire()

    return respond


def ask(address: str, name: str = f"{HOST}", type: str = "TXT", patience: float = 5.0) -> Answer:
    """What one resolver says."""
    return Resolvers([address], patience=patience, total=20.0).ask(address, name, type)


def test_what_stands_there_is_found(dns_sandbox: Running) -> None:
    dns_sandbox.zones.add("example.com", "portal", "TXT", RIGHT)
    dns_sandbox.zones.add("example.com", "@", "A", "192.0.2.7")
    dns_sandbox.zones.add("example.com", "@", "CAA", '0 issue "letsencrypt.org"')
    address = dns_sandbox.addresses[0]
    assert ask(address) == Answer(address, "found", (RIGHT,), ttl=300)
    assert ask(address, "example.com", "A").values == ("192.0.2.7",)
    assert ask(address, "example.com", "CAA").values == ('0 issue "letsencrypt.org"',)


def test_nothing_is_told_from_no_such_name(dns_sandbox: Running) -> None:
    dns_sandbox.zones.add("example.com", "portal", "TXT", RIGHT)
    address = dns_sandbox.addresses[0]
    assert ask(address, HOST, "A").kind == "nothing"
    assert ask(address, "other.example.com", "A").kind == "no_such_name"
    assert ask(address, HOST, "A").ttl == 300


def test_the_names_that_cnames_lead_to_are_kept(dns_sandbox: Running) -> None:
    dns_sandbox.zones.add("example.com", "portal", "CNAME", "www.example.com")
    dns_sandbox.zones.add("example.com", "www", "CNAME", f"{TARGET.upper()}.")
    found = ask(dns_sandbox.addresses[0], HOST, "A")
    assert (found.values, found.chain) == (("198.51.100.7",), ("www.example.com", TARGET))
    dns_sandbox.zones.add("example.com", "lost", "CNAME", "gone.example.net")
    lost = ask(dns_sandbox.addresses[0], "lost.example.com", "A")
    assert (lost.kind, lost.chain) == ("no_such_name", ("gone.example.net",))


def test_an_answer_too_long_for_a_packet_comes_over_tcp(dns_sandbox: Running) -> None:
    texts = [f"{number:02}-{'x' * 200}" for number in range(12)]
    for text in texts:
        dns_sandbox.zones.add("example.com", "portal", "TXT", text)
    assert sorted(ask(dns_sandbox.addresses[0]).values) == texts


@pytest.mark.parametrize("trouble", ["servfail", "dnssec"])
def test_a_zone_that_fails_is_told_from_one_with_broken_signatures(dns_sandbox: Running, trouble: Trouble) -> None:
    address = dns_sandbox.addresses[0]
    dns_sandbox.zones.add("example.com", "portal", "TXT", RIGHT)
    dns_sandbox.zones.set_trouble("example.com", trouble)
    failed = ask(address)
    assert (failed.kind, failed.reason, failed.values) == ("failed", trouble, ())
    assert failed.detail
    dns_sandbox.zones.set_trouble("example.com", "")
    assert ask(address).kind == "found"


def test_a_server_that_says_nothing_is_not_waited_for_longer_than_allowed() -> None:
    with server(lambda asked: None) as address:
        assert ask(address, patience=0.05) == Answer(address, "failed", reason="timeout")


def test_once_all_the_time_is_spent_nobody_is_asked_any_more(dns_sandbox: Running) -> None:
    address = dns_sandbox.addresses[0]
    assert Resolvers([address], total=0).ask(address, HOST, "A").reason == "late"
    assert Resolvers([address]).ask(address, HOST, "A").kind == "no_such_name"


def test_a_port_where_nobody_listens_is_no_verdict() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
    assert ask(address, patience=0.05).reason in ("timeout", "unreachable")


@pytest.mark.parametrize(
    ("rcode", "reason"),
    [(dns.rcode.SERVFAIL, "servfail"), (dns.rcode.REFUSED, "refused"), (dns.rcode.NOTIMP, "refused")],
)
def test_a_refusal_is_no_verdict(rcode: dns.rcode.Rcode, reason: str) -> None:
    with server(answering_with(rcode=rcode)) as address:
        assert ask(address) == Answer(address, "failed", reason=reason)


def test_answers_to_other_questions_are_passed_over() -> None:
    def forged(asked: bytes) -> bytes:
        return bytes(2) + answering_with(f"{HOST}. TXT {RIGHT}")(asked)[2:]

    with server(forged) as address:
        assert ask(address, patience=0.1).reason == "timeout"
    with server(answering_with(f"other.example.com. TXT {RIGHT}")) as address:
        assert ask(address).kind == "nothing"


def test_only_a_few_short_values_that_can_be_shown_are_kept() -> None:
    many = [f'{HOST}. TXT "value-{number}"' for number in range(40)]
    with server(answering_with(*many)) as address:
        assert len(ask(address).values) == MOST
    long = " ".join(f'"{"x" * 250}"' for _ in range(3))
    with server(answering_with(f"{HOST}. TXT {long}")) as address:
        (value,) = ask(address).values
        assert (len(value), value[-1]) == (LONGEST, "…")
    with server(answering_with(f'{HOST}. TXT "{RIGHT}\\000\\027[31m\\226\\128\\174"')) as address:
        (value,) = ask(address).values
        assert value.isprintable()
        assert value != RIGHT
        assert value.startswith(RIGHT)


def test_a_text_in_parts_is_one_value(dns_sandbox: Running) -> None:
    with server(answering_with(f'{HOST}. TXT "{RIGHT[:5]}" "{RIGHT[5:]}"')) as address:
        assert ask(address).values == (RIGHT,)


def test_the_domains_own_servers_are_found_and_know_of_changes_first(dns_sandbox: Running) -> None:
    known = Resolvers(dns_sandbox.addresses)
    slow = dns_sandbox.addresses[2]
    assert known.ask(slow, HOST, "TXT").kind == "no_such_name"
    dns_sandbox.zones.add("example.com", "portal", "TXT", RIGHT)
    assert known.ask(slow, HOST, "TXT").kind == "no_such_name"
    assert known.ask(AUTHORITATIVE, HOST, "TXT").values == (RIGHT,)


@pytest.mark.parametrize("address", ["10.0.0.1", "169.254.169.254", "192.168.1.1", "224.0.0.1", "0.0.0.0"])
def test_a_domain_cannot_send_us_into_our_own_network(address: str) -> None:
    def respond(asked: bytes) -> bytes | None:
        type = dns.message.from_wire(asked).question[0].rdtype.name
        rows = {"NS": "example.com. NS ns1.example.com.", "A": f"ns1.example.com. A {address}"}
        return answering_with(*([rows[type]] if type in rows else []))(asked)

    with server(respond) as resolver:
        known = Resolvers([resolver])
        assert known.ask(AUTHORITATIVE, HOST, "TXT") == Answer(AUTHORITATIVE, "failed", reason="servers")
        assert known.ask(resolver, "ns1.example.com", "A").values == (address,)


def test_many_questions_are_asked_at_once() -> None:
    """Sixteen questions, of which the first is answered only when the last has come in."""
    together = threading.Barrier(16)

    class Slow:
        resolvers = ("192.0.2.53",)

        def ask(self, resolver: str, name: str, type: str) -> Answer:
            together.wait(20)
            return Answer(resolver, "nothing")

    questions = [Question("192.0.2.53", f"{number}.example.com", "A") for number in range(16)]
    assert len(ask_all(Slow(), [*questions, *questions])) == 16


def test_the_resolvers_of_the_settings_are_asked(app: Flask) -> None:
    assert asker().resolvers == ("1.1.1.1", "8.8.8.8", "9.9.9.9")


def test_a_whole_examination_over_the_network(dns_sandbox: Running, dns_clock: Clock) -> None:
    claim = Claim(HOST, TOKEN, TARGET)

    def cause() -> str:
        return judge(find(claim, Resolvers(dns_sandbox.addresses)), MOMENT, "letsencrypt.org").cause

    assert cause() == "nothing_yet"
    dns_sandbox.zones.add("example.com", PROOF, "TXT", RIGHT)
    dns_sandbox.forget()
    assert cause() == "txt_doubled"
    dns_sandbox.zones.close("example.com")
    dns_sandbox.zones.add("example.com", "_domain-verify.portal", "TXT", RIGHT)
    assert cause() == "propagating"
    dns_clock.seconds += 10
    assert cause() == "host_missing"
    dns_sandbox.zones.add("example.com", "portal", "CNAME", TARGET, proxied=True)
    dns_sandbox.forget()
    assert cause() == "proxied"
    dns_sandbox.zones.close("example.com")
    dns_sandbox.zones.add("example.com", "_domain-verify.portal", "TXT", RIGHT)
    dns_sandbox.zones.add("example.com", "portal", "CNAME", TARGET)
    dns_sandbox.forget()
    assert cause() == "good"
    dns_sandbox.zones.set_trouble("example.com", "dnssec")
    dns_sandbox.forget()
    assert cause() == "dnssec"
    dns_sandbox.zones.close("example.com")
    dns_sandbox.zones.add("example.com", "_domain-verify.portal", "TXT", RIGHT)
    dns_sandbox.zones.add("example.com", "portal", "CNAME", f"{HOST}.")
    dns_sandbox.forget()
    assert cause() == "cname_circle"


def test_a_circle_is_seen_also_where_a_resolver_answers_with_it() -> None:
    claim = Claim(HOST, TOKEN, TARGET)
    with server(answering_with(f"{HOST}. CNAME {HOST}.")) as address:
        assert ask(address, type="A").reason == "malformed"
        assert judge(find(claim, Resolvers([address], total=20.0)), MOMENT, "").cause == "cname_circle"
    with server(answering_with(f"{HOST}. CNAME {TARGET}.", f"{TARGET}. A 198.51.100.7")) as address:
        assert judge(find(claim, Resolvers([address], total=20.0)), MOMENT, "").cause == "txt_missing"


def test_an_examination_ends_in_time_where_nobody_answers(dns_sandbox: Running) -> None:
    """Also the search for the domain's own servers: what is left of the time bounds each question."""
    dns_sandbox.zones.set_trouble("example.com", "silent")
    known = Resolvers(dns_sandbox.addresses, patience=0.2, total=0.4)
    began = monotonic()
    report = judge(find(Claim(HOST, TOKEN, TARGET), known), MOMENT, "letsencrypt.org")
    assert monotonic() - began < 20
    assert (report.cause, report.proven, report.points_here) == ("could_not_ask", None, None)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(garbage=st.binary(max_size=600), keeps_head=st.booleans())
def test_no_bytes_of_a_server_bring_us_down(garbage: bytes, keeps_head: bool) -> None:
    def respond(asked: bytes) -> bytes:
        return asked[:2] + b"\x81\x80" + asked[4:] + garbage if keeps_head else garbage or b"\0"

    with server(respond) as address:
        found = ask(address, patience=0.02)
        assert found.kind in ("failed", "nothing", "found", "no_such_name")
        assert RIGHT not in found.values


@given(st.binary(max_size=300), st.lists(st.integers(0, 5), min_size=3, max_size=3), st.integers(0, 0xFFFF))
def test_whatever_can_be_read_as_a_message_can_be_read_as_an_answer(rest: bytes, counts: list[int], flags: int) -> None:
    question = dns.message.make_query(HOST, "TXT").to_wire()
    head = question[:2] + flags.to_bytes(2) + b"\0\1" + b"".join(count.to_bytes(2) for count in counts)
    try:
        message = dns.message.from_wire(head + question[12:] + rest, ignore_trailing=True)
    except (dns.exception.DNSException, ValueError):
        return
    assert read_message(message, "192.0.2.53").kind in ("failed", "nothing", "found", "no_such_name")
