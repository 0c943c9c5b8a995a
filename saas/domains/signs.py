"""The signs by which causes are told apart: each looks at what was found, and gives the words for the cause that it stands for."""

from collections.abc import Callable, Iterable, Mapping

from saas.domains.answers import Answer
from saas.domains.findings import Findings, doubled, doubled_target, misplacements
from saas.domains.judging import leads_here, proves
from saas.domains.networks import are_cloudflares, are_parked
from saas.domains.records import TOKEN, type_of

Facts = Mapping[str, str]
"""Words to be filled in; that there are none, not even empty ones, means that a sign does not show."""

Sign = Callable[[Findings], Facts | None]

_QUOTES = "\"'“”„‘’`«»"


def first_sign(signs: Mapping[str, Sign], found: Findings) -> tuple[str, Facts] | None:
    """The cause whose sign shows first, with its words."""
    shown = ((cause, sign(found)) for cause, sign in signs.items())
    return next(((cause, facts) for cause, facts in shown if facts is not None), None)


def _value(sign: Callable[[str, str], bool]) -> Sign:
    """The sign that a value at the right name is wrong in a certain way, as the sign tells of it and the right one."""

    def look(found: Findings) -> Facts | None:
        right = f"{TOKEN}{found.claim.token}"
        values = [value for view in (*found.views, found.own) for value in view.txt.values]
        wrong = next((value for value in values if right not in values and sign(value, right)), None)
        return None if wrong is None else {"found": wrong}

    return look


def _misplaced(kind: str) -> Sign:
    """The sign that the proof stands where people enter it by mistake."""

    def look(found: Findings) -> Facts | None:
        answer = found.misplaced.get(kind)
        return {"place": misplacements(found.claim.host)[kind]} if answer and proves(answer, found.claim) else None

    return look


def _proof_is_on_its_way(found: Findings) -> Facts | None:
    seen = [proves(view.txt, found.claim) for view in (*found.views, found.own)]
    waiting = [view.txt for view in found.views if proves(view.txt, found.claim) is False]
    return _spread("TXT record", waiting) if any(seen) else None


def _way_is_on_its_way(found: Findings) -> Facts | None:
    seen = [leads_here(view, found) for view in (*found.views, found.own)]
    waiting = [view.a for view in found.views if leads_here(view, found) is False]
    return _spread("address", waiting) if any(seen) else None


def _spread(what: str, waiting: list[Answer]) -> Facts:
    longest = max((answer.ttl or 0 for answer in waiting), default=0)
    told = f"{lasting(longest)} by what these answers say, " if longest else ""
    return {"what": what, "who": listed(answer.asked for answer in waiting), "longest": told}


def _zone_is_unknown(found: Findings) -> Facts | None:
    return {} if found.zone.kind == "no_such_name" else None


def _nothing_is_there(found: Findings) -> Facts | None:
    empty = ("nothing", "no_such_name", "failed")
    return (
        {} if all(view.a.kind in empty and not view.a.chain and not view.aaaa.values for view in found.views) else None
    )


def _is_doubled(found: Findings) -> Facts | None:
    leads = found.claim.target in found.doubled.chain or (
        found.doubled.values and {*found.doubled.values} <= found.ours
    )
    return {"place": doubled(found.claim.host)} if leads else None


def _is_proxied(found: Findings) -> Facts | None:
    values = [value for view in found.views for value in view.a.values]
    return {"found": listed(values)} if are_cloudflares(values) and found.ours.isdisjoint(values) else None


def _is_parked(found: Findings) -> Facts | None:
    values = [value for view in found.views for value in view.a.values]
    names = [name for view in found.views for name in view.a.chain]
    return {"found": listed(names[:1] or values)} if are_parked(values, names) else None


def _is_elsewhere(found: Findings) -> Facts | None:
    names = [view.a.chain[0] for view in found.views if view.a.chain and found.claim.target not in view.a.chain]
    return {"found": listed(names)} if names else None


def _is_appended(found: Findings) -> Facts | None:
    long = doubled_target(found.claim)
    return {"found": long} if any(long in view.a.chain for view in found.views) else None


def _goes_round(found: Findings) -> Facts | None:
    return {"found": " → ".join(found.circle)} if found.circle else None


def _stray(kind: str) -> Sign:
    """The sign that addresses of a kind stand beside ours."""

    def look(found: Findings) -> Facts | None:
        wrong = [value for value in strangers(found) if type_of(value) == kind]
        right = any(found.ours & {*view.a.values} for view in found.views)
        return {"found": listed(wrong)} if right and wrong else None

    return look


def _has_only_ipv6(found: Findings) -> Facts | None:
    return {} if any(found.ours & {*view.aaaa.values} and not view.a.values for view in found.views) else None


def strangers(found: Findings) -> list[str]:
    """The host's addresses that are not ours."""
    values = (value for view in found.views for value in (*view.a.values, *view.aaaa.values))
    return [value for value in dict.fromkeys(values) if value not in found.ours]


UNPROVEN: Mapping[str, Sign] = {
    "propagating": _proof_is_on_its_way,
    "txt_quotes": _value(lambda value, right: value.strip() != right and value.strip().strip(_QUOTES).strip() == right),
    "txt_spaces": _value(lambda value, right: "".join(value.split()).replace("�", "") == right),
    "txt_case": _value(lambda value, right: value.lower() == right.lower()),
    "txt_without_prefix": _value(lambda value, right: value.strip(f" {_QUOTES}") == right.removeprefix(TOKEN)),
    "txt_cut": _value(lambda value, right: len(value) > len(TOKEN) and right.startswith(value)),
    "txt_other_token": _value(lambda value, right: value.startswith(TOKEN)),
    "txt_doubled": _misplaced("doubled"),
    "txt_bare": _misplaced("bare"),
    "txt_zone": _misplaced("zone"),
    "txt_other": _value(lambda value, right: True),
    "zone_unknown": _zone_is_unknown,
    "cname_circle": _goes_round,
    "nothing_yet": _nothing_is_there,
}
"""Why the ownership is not proven."""
ASTRAY: Mapping[str, Sign] = {
    "propagating": _way_is_on_its_way,
    "cname_circle": _goes_round,
    "cname_doubled": _is_doubled,
    "host_missing": _nothing_is_there,
    "proxied": _is_proxied,
    "parked": _is_parked,
    "stray_a": _stray("A"),
    "stray_aaaa": _stray("AAAA"),
    "only_ipv6": _has_only_ipv6,
    "cname_appended": _is_appended,
    "cname_elsewhere": _is_elsewhere,
}
"""Why the host does not lead here."""


def listed(texts: Iterable[str]) -> str:
    """A few of many texts, each once."""
    several = list(dict.fromkeys(texts))
    return ", ".join(several[:3]) + (f" and {len(several) - 3} more" if len(several) > 3 else "")


def lasting(seconds: int) -> str:
    """How long that is, roughly and rounded up: ``5 minutes``."""
    for unit, size in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds > size:
            return f"{-(-seconds // size)} {unit}s"
    return "a minute"
