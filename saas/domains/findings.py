"""What was asked about a claim, and what everybody answered."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from saas.domains.answers import AUTHORITATIVE, Answer, Ask, Question
from saas.domains.asking import ask_all
from saas.domains.records import PROOF, Claim
from saas.domains.zones import zone_of

UNASKED = Answer("", "failed", reason="late")
GOT_LOST = ("servfail", "malformed")
"""Why resolvers that do answer say nothing of a name whose CNAMEs go round."""
LINKS = 16
"""CNAMEs that are followed to see whether they lead in a circle; resolvers give up after about as many."""


@dataclass(frozen=True, slots=True)
class View:
    """What one of those who were asked sees: the proof, and the host's addresses."""

    txt: Answer
    a: Answer
    aaaa: Answer


@dataclass(frozen=True, slots=True)
class Findings:
    """The answers about a claim: the view of each resolver, and that of the domain's ``own`` servers.

    ``misplaced`` are TXT records at names where people enter them by mistake, ``doubled`` is the host with its zone appended
    once more, ``caa`` goes from the host upwards, ``ours`` are all the addresses at which we are reached. ``circle`` are the names
    that CNAMEs go through from the host until one comes again; empty where they do not. The claim's addresses are those of the
    target where it names none.
    """

    claim: Claim
    views: tuple[View, ...]
    own: View
    misplaced: Mapping[str, Answer]
    doubled: Answer
    caa: Mapping[str, Answer]
    zone: Answer
    ours: frozenset[str]
    circle: tuple[str, ...] = ()


def find(claim: Claim, ask: Ask) -> Findings:
    """Ask everybody for the records themselves, then one of those who answered for what may explain it."""
    host = claim.host
    rows = ((f"{PROOF}.{host}", "TXT"), (host, "A"), (host, "AAAA"))
    everybody = [*ask.resolvers, AUTHORITATIVE]
    first = ask_all(ask, [Question(resolver, *row) for row in rows for resolver in everybody])
    *views, own = (View(*(first[Question(resolver, *row)] for row in rows)) for resolver in everybody)
    helper = _helper(views)
    more = _explain(claim, ask, helper) if helper else {}
    lost = any(view.a.reason in GOT_LOST for view in views)
    there = tuple(value for type in ("A", "AAAA") for value in more.get((claim.target, type), UNASKED).values)
    return Findings(
        replace(claim, addresses=claim.addresses or there),
        tuple(views),
        own,
        misplaced={kind: more.get((place, "TXT"), UNASKED) for kind, place in misplacements(host).items()},
        doubled=more.get((doubled(host), "A"), UNASKED),
        caa={place: more.get((place, "CAA"), UNASKED) for place in _parents(host)},
        zone=more.get((zone_of(host), "NS"), UNASKED),
        ours=frozenset((*claim.addresses, *there)),
        circle=_circle(host, ask, helper) if helper and lost else (),
    )


def misplacements(host: str) -> dict[str, str]:
    """Where the proof is entered by mistake: the kind of mistake, and the name."""
    zone = zone_of(host)
    places = {"doubled": doubled(f"{PROOF}.{host}"), "bare": host, "zone": f"{PROOF}.{zone}"}
    return {kind: place for kind, place in places.items() if place != f"{PROOF}.{host}"}


def doubled(name: str) -> str:
    """The name with its zone appended once more, as providers do with a full name."""
    return f"{name}.{zone_of(name)}"


def doubled_target(claim: Claim) -> str:
    """What the host is to point to with the host's zone appended, as providers do with a value that ends without a dot."""
    return f"{claim.target}.{zone_of(claim.host)}"


def _parents(host: str) -> Iterator[str]:
    """The host, and the names above it, down to two labels."""
    labels = host.split(".")
    yield from (".".join(labels[start:]) for start in range(max(1, len(labels) - 1)))


def _helper(views: Iterable[View]) -> str | None:
    """The first resolver that answered anything; None where nobody did."""
    answers = (answer for view in views for answer in (view.txt, view.a, view.aaaa))
    return next((answer.resolver for answer in answers if answer.kind != "failed"), None)


def _circle(host: str, ask: Ask, helper: str) -> tuple[str, ...]:
    """Follow the CNAMEs one by one, as resolvers only say that they get nowhere."""
    names = [host]
    while len(names) <= LINKS and (answer := ask.ask(helper, names[-1], "CNAME")).values:
        names.append(answer.values[0])
        if names[-1] in names[:-1]:
            return tuple(names)
    return ()


def _explain(claim: Claim, ask: Ask, helper: str) -> dict[tuple[str, str], Answer]:
    """Further answers of a resolver, by name and type."""
    host = claim.host
    wanted = [
        *((place, "TXT") for place in misplacements(host).values()),
        (doubled(host), "A"),
        *((place, "CAA") for place in _parents(host)),
        (zone_of(host), "NS"),
        (claim.target, "A"),
        (claim.target, "AAAA"),
    ]
    found = ask_all(ask, [Question(helper, *one) for one in wanted])
    return {(one.name, one.type): answer for one, answer in found.items()}
