"""The resolvers over UDP and TCP: what each remembers, and for how long."""

import socket
from collections.abc import Iterator

import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.sandbox.dns.resolvers import Resolver
from saas.sandbox.dns.server import AGES, Running, answering
from saas.sandbox.dns.zones import Trouble, Zones
from tests.domains.conftest import Clock

NAME = "portal.example.com"
SERVERS = range(len(AGES))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def running(clock: Clock) -> Iterator[Running]:
    """Three resolvers on free ports."""
    with answering(Zones(), clock=clock) as found:
        yield found


def ask(
    running: Running, which: int, type: str = "A", *, recursive: bool = True, tcp: bool = False
) -> dns.message.Message:
    """What one of the resolvers answers."""
    query = dns.message.make_query(NAME, type)
    query.flags = query.flags if recursive else query.flags & ~dns.flags.RD
    host, _, port = running.addresses[which].partition(":")
    return (dns.query.tcp if tcp else dns.query.udp)(query, host, 10, int(port))


def seen(running: Running) -> list[bool]:
    """Which of the resolvers see an address."""
    return [bool(ask(running, which).answer) for which in SERVERS]


def test_each_resolver_learns_of_a_change_in_its_own_time(running: Running, clock: Clock) -> None:
    assert seen(running) == [False, False, False]
    entry = running.zones.add("example.com", "portal", "A", "192.0.2.7")
    assert seen(running) == [True, False, False]
    clock.seconds += AGES[1]
    assert seen(running) == [True, True, False]
    clock.seconds += AGES[2] - AGES[1]
    assert seen(running) == [True, True, True]
    running.zones.remove("example.com", entry.id)
    assert seen(running) == [False, True, True]
    running.forget()
    assert seen(running) == [False, False, False]


def test_a_zones_own_server_remembers_nothing(running: Running) -> None:
    assert not ask(running, 2).answer
    running.zones.add("example.com", "portal", "A", "192.0.2.7")
    own, slow = ask(running, 2, recursive=False), ask(running, 2)
    assert (bool(own.answer), bool(own.flags & dns.flags.AA)) == (True, True)
    assert (bool(slow.answer), bool(slow.flags & dns.flags.AA)) == (False, False)


def test_an_answer_says_for_how_long_it_is_remembered(running: Running, clock: Clock) -> None:
    running.zones.add("example.com", "portal", "A", "192.0.2.7")
    assert [ask(running, which).answer[0].ttl for which in SERVERS] == [300, 10, 30]
    clock.seconds += 4
    assert [ask(running, which).answer[0].ttl for which in SERVERS] == [300, 6, 26]
    assert ask(running, 0, "TXT").authority[0].ttl == 300


def test_what_does_not_fit_a_packet_is_cut_off_there_and_whole_over_tcp(running: Running) -> None:
    for number in range(4):
        running.zones.add("example.com", "portal", "TXT", f"{number}{'x' * 250}")
    packet, stream = ask(running, 0, "TXT"), ask(running, 0, "TXT", tcp=True)
    assert (bool(packet.flags & dns.flags.TC), len(packet.answer)) == (True, 0)
    assert (bool(stream.flags & dns.flags.TC), len(stream.answer[0])) == (False, 4)


def test_trouble_is_what_the_servers_of_the_zone_do(running: Running) -> None:
    running.zones.add("example.com", "portal", "A", "192.0.2.7")
    rcodes = {}
    troubles: tuple[Trouble, ...] = ("servfail", "dnssec", "")
    for trouble in troubles:
        running.zones.set_trouble("example.com", trouble)
        rcodes[trouble] = [ask(running, 0, recursive=recursive).rcode() for recursive in (True, False)]
    assert rcodes == {
        "servfail": [dns.rcode.SERVFAIL] * 2,
        "dnssec": [dns.rcode.SERVFAIL, dns.rcode.NOERROR],
        "": [dns.rcode.NOERROR] * 2,
    }


def test_a_zone_that_says_nothing_answers_no_packet_and_closes_the_connection(running: Running) -> None:
    query = dns.message.make_query(NAME, "A").to_wire()
    resolver = running.resolvers[0]
    assert resolver.respond(query, over_tcp=False) is not None
    running.zones.set_trouble("example.com", "silent")
    assert resolver.respond(query, over_tcp=False) is None
    with pytest.raises(EOFError):
        ask(running, 0, tcp=True)


def test_cnames_that_go_in_a_circle_have_an_end(running: Running) -> None:
    running.zones.add("example.com", "portal", "CNAME", "www.example.com")
    running.zones.add("example.com", "www", "CNAME", NAME)
    assert ask(running, 0).rcode() == dns.rcode.SERVFAIL


def test_several_questions_fit_on_one_connection(running: Running) -> None:
    host, _, port = running.addresses[0].partition(":")
    with socket.create_connection((host, int(port)), 10) as connection:
        for type in ("A", "TXT"):
            query = dns.message.make_query(NAME, type)
            dns.query.send_tcp(connection, query)
            answer, _ = dns.query.receive_tcp(connection)
            assert answer.is_response if query.is_response(answer) else pytest.fail("another answer")


@given(st.binary(max_size=200))
def test_no_bytes_of_anybody_bring_it_down(garbage: bytes) -> None:
    resolver = Resolver(Zones())
    head = dns.message.make_query(NAME, "A").to_wire()
    for wire in (garbage, head[:12] + garbage, head + garbage):
        answer = resolver.respond(wire, over_tcp=False)
        assert answer is None or dns.message.from_wire(answer).flags & dns.flags.QR
