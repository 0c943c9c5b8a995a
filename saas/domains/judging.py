"""Judging answers: whether they prove a claim, lead to us, allow a certificate. None means that nobody could be asked."""

from collections.abc import Iterable, Mapping
from typing import Literal

from saas.domains.answers import Answer
from saas.domains.findings import GOT_LOST, Findings, View
from saas.domains.records import TOKEN, Claim, type_of
from saas.domains.reports import Verdict


def proves(answer: Answer, claim: Claim) -> bool | None:
    """Whether an answer holds the claim's token, exactly."""
    return None if answer.kind == "failed" else f"{TOKEN}{claim.token}" in answer.values


def leads_here(view: View, found: Findings) -> bool | None:
    """Whether all visitors get to us: by a CNAME to the target, else all the addresses are ours, and of the kind everybody has."""
    if view.a.kind == "failed":
        return goes_round(view.a, found)
    if found.claim.target in view.a.chain:
        return True
    values = {*view.a.values, *view.aaaa.values}
    if not found.ours:
        return None if values else False
    is_everybodys = bool(view.a.values) or all(type_of(address) == "AAAA" for address in found.ours)
    return bool(values) and values <= found.ours and is_everybodys


def goes_round(failed: Answer, found: Findings) -> Literal[False] | None:
    """What a failed answer tells of the way: that it ends nowhere, where CNAMEs go in a circle and the resolver got lost in it."""
    return False if found.circle and failed.reason in GOT_LOST else None


def most(votes: Iterable[bool | None]) -> bool | None:
    """Whether more than half of those say so who could be asked; None where nobody could."""
    given = [vote for vote in votes if vote is not None]
    return 2 * sum(given) > len(given) if given else None


def is_proven(found: Findings) -> bool | None:
    """Whether most resolvers see the proof."""
    return most(proves(view.txt, found.claim) for view in found.views)


def points_here(found: Findings) -> bool | None:
    """Whether most resolvers lead here."""
    return most(leads_here(view, found) for view in found.views)


def allowed_by(caa: Mapping[str, Answer], authority: str) -> tuple[bool | None, str]:
    """Whether an authority may make a certificate, and the name whose CAA records decide: the nearest that has any (RFC 8659)."""
    for place, answer in caa.items():
        if answer.kind == "failed":
            return None, place
        if answer.values:
            return is_allowed(answer.values, authority), place
    return True, ""


def is_allowed(values: Iterable[str], authority: str) -> bool:
    """Whether CAA records, as ``0 issue "name; parameter=value"``, allow an authority that proves by http-01."""
    rows = [value.split(" ", 2) for value in values]
    if any(len(row) < 3 or (row[0] != "0" and row[1] not in ("issue", "issuewild", "iodef")) for row in rows):
        return False
    issuers = [row[2].strip('"').split(";") for row in rows if row[1] == "issue"]
    return not issuers or any(name.strip() == authority and _by_http(more) for name, *more in issuers)


def _by_http(parameters: Iterable[str]) -> bool:
    given = dict(parameter.strip().partition("=")[::2] for parameter in parameters)
    methods = given.get("validationmethods")
    return methods is None or "http-01" in methods.split(",")


def verdict_of(seen: Iterable[tuple[bool | None, Answer]]) -> Verdict:
    """What votes come to, each with the answer that it is about; where most say no, a value that they have is a wrong one."""
    votes = list(seen)
    agreed = most(vote for vote, _ in votes)
    if agreed is None:
        return "unknown"
    if agreed:
        return "found"
    return "wrong" if any(vote is False and answer.values for vote, answer in votes) else "missing"
