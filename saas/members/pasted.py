"""Addresses as people paste them: separated by commas, semicolons or lines, with or without names."""

import re
from dataclasses import dataclass

from saas.core.addresses import canonical_email
from saas.core.errors import Invalid

MOST = 50
"""How many people can be invited at once."""

_SHOWN = 120
_LINE_ENDS = "\n\r\v\f\x85\u2028\u2029"
_SEPARATORS = ",;，；、\t"
_NAMED = re.compile(r"[^<>]*<([^<>]*)>\s*")


@dataclass(frozen=True, slots=True)
class Pasted:
    """One entry: as it was typed (cut where it is long), its address in canonical form, or why it has none."""

    text: str
    email: str = ""
    fault: str = ""


def read_pasted(text: str, *, field: str = "addresses") -> list[Pasted]:
    """The entries of a text, in their order; raises Invalid when there are none, or more than MOST."""
    parts = [word for part in _split(text) for word in _words(part)]
    if not parts:
        raise Invalid("Please enter at least one e-mail address.", field=field)
    if len(parts) > MOST:
        raise Invalid(f"These are {len(parts):,} entries. Invite at most {MOST} people at once.", field=field)
    return [read_one(part) for part in parts]


def _split(text: str) -> list[str]:
    """Parts between separators. Those inside quotation marks part nothing; a quotation ends with its line."""
    parts, start, quoted = [], 0, False
    for at, sign in enumerate(text):
        ends = sign in _LINE_ENDS
        if sign == '"' and (at == 0 or text[at - 1] != "\\"):
            quoted = not quoted
        elif ends or (sign in _SEPARATORS and not quoted):
            parts.append(text[start:at])
            start, quoted = at + 1, quoted and not ends
    parts.append(text[start:])
    return [part for part in (piece.strip() for piece in parts) if part]


def _words(part: str) -> list[str]:
    """Addresses that only space separates; all other parts stay whole."""
    words = part.split()
    return words if len(words) > 1 and "<" not in part and all("@" in word for word in words) else [part]


def read_one(part: str) -> Pasted:
    """One entry."""
    shown = part if len(part) <= _SHOWN else f"{part[:_SHOWN]}…"
    named = _NAMED.fullmatch(part)
    address = (named[1] if named else part).strip().removeprefix("mailto:")
    if fault := _fault(address):
        return Pasted(shown, fault=fault)
    try:
        return Pasted(shown, canonical_email(address))
    except Invalid as refusal:
        return Pasted(shown, fault=refusal.message)


def _fault(address: str) -> str:
    """What is wrong with an address, where more can be said than that it is none; else empty."""
    local, at, domain = address.rpartition("@")
    if not at:
        return "There is no @ in it."
    if not local or not domain:
        return "Something is missing before or after the @."
    if '"' in local:
        return "Addresses with quotation marks are not supported."
    if not local.isascii():
        return "Only the letters a–z, digits and a few signs can stand before the @."
    if len(local) > 64 or len(domain) > 253:
        return "It is too long for an address."
    return ""
