"""Which of the causes it is, most probably: signs are looked for one after the other, and the first that shows is told."""

from collections.abc import Iterable
from dataclasses import dataclass

from saas.domains.answers import Answer
from saas.domains.causes import CAUSES
from saas.domains.findings import Findings
from saas.domains.judging import allowed_by, is_proven, points_here
from saas.domains.records import PROOF, Record, is_apex, records_for, relative_name
from saas.domains.signs import ASTRAY, UNPROVEN, Facts, first_sign, listed, strangers
from saas.domains.zones import zone_of


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The code of a cause, and its words."""

    cause: str
    sentence: str
    advice: str


def diagnose(found: Findings, authority: str) -> Diagnosis:
    """The most probable cause; ``authority`` is the name by which CAA records allow the one that makes certificates."""
    cause, facts = _cause_of(found, authority)
    words = {**_usual(found, authority), **facts}
    return Diagnosis(cause, CAUSES[cause].sentence.format_map(words), CAUSES[cause].advice.format_map(words))


def _cause_of(found: Findings, authority: str) -> tuple[str, Facts]:
    proven, here = is_proven(found), points_here(found)
    if found.claim.spared and here is not True:
        proven = True  # more than its proof it is missed that it leads here
    if proven is False:
        return first_sign(UNPROVEN, found) or ("txt_missing", {})
    if proven is None or (here is None and not _answered(found)):
        return _unanswered(found, [view.txt if proven is None else view.a for view in found.views])
    if here is None:
        return "target_unknown", {}
    if here is False:
        return first_sign(ASTRAY, found) or ("elsewhere", {"found": listed(strangers(found))})
    allowed, place = allowed_by(found.caa, authority) if authority else (None, "")
    if allowed is False:
        return "caa", {"place": place, "found": listed(found.caa[place].values), "relative": _short(found, place)}
    by_cname = is_apex(found.claim.host) and any(found.claim.target in view.a.chain for view in found.views)
    return "cname_at_apex" if by_cname else "good", {}


def _answered(found: Findings) -> bool:
    """Whether somebody said where the host leads."""
    return any(view.a.kind != "failed" for view in found.views)


def _unanswered(found: Findings, answers: Iterable[Answer]) -> tuple[str, Facts]:
    failed = [answer for answer in answers if answer.kind == "failed"]
    reasons = [answer.reason for answer in failed]
    for cause in ("dnssec", "servfail"):
        if 2 * reasons.count(cause) > len(reasons):
            return cause, {}
    told = failed[0] if failed else found.own.txt
    return "could_not_ask", {"who": told.asked, "detail": told.detail}


def _usual(found: Findings, authority: str) -> Facts:
    claim, zone = found.claim, zone_of(found.claim.host)
    proof, *pointing = records_for(claim)
    return {
        "host": claim.host,
        "zone": zone,
        "target": claim.target,
        "proof": f"{PROOF}.{claim.host}",
        "relative": relative_name(proof, zone),
        "wanted": proof.value,
        "short": _short(found, claim.host),
        "pointing": " and ".join(_way(one, zone) for one in pointing) or f"a record that leads to {claim.target}",
        "authority": authority,
    }


def _way(record: Record, zone: str) -> str:
    kind = {"A": "an A record", "AAAA": "an AAAA record"}.get(record.type, "a CNAME record")
    return f"{kind} with the name {relative_name(record, zone)} and the value {record.value}"


def _short(found: Findings, name: str) -> str:
    """A name as the provider wants it."""
    return relative_name(Record("", name, "", "pointing"), zone_of(found.claim.host))
