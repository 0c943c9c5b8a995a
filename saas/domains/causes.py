"""Everything that may be the matter with a claim, in words: one table. Names between braces are filled in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cause:
    """What is the matter, and what to do about it; no ``advice`` where nothing is to be done."""

    sentence: str
    advice: str = ""


_AT_PROVIDER = "At the DNS provider of {zone}, "
_GO_ON = "We go on looking by ourselves; you can close this page."
_ENTER_TXT = _AT_PROVIDER + "add a TXT record with the name {relative} and the value {wanted}."
_CORRECT_TXT = (
    _AT_PROVIDER + "open the TXT record {relative} and make its value exactly {wanted}, without anything around it."
)
_POINT = "add {pointing}."

CAUSES = {
    "good": Cause("The records are right, and {host} leads here."),
    "cname_at_apex": Cause(
        "{host} leads here, but by a CNAME at the domain’s own name, which hides its other records, such as those for mail.",
        _AT_PROVIDER + "replace the CNAME by {pointing}.",
    ),
    "caa": Cause(
        "{host} leads here, but a CAA record of {place} lets only others make its certificate: {found}.",
        "Add a CAA record with the name {relative}, the flag 0, the tag issue and the value {authority}. The others can stay.",
    ),
    "could_not_ask": Cause(
        "Nobody could be asked just now, so nothing new is known: {who} {detail}.",
        f"This says nothing against your records. {_GO_ON}",
    ),
    "servfail": Cause(
        "The name servers of {zone} fail, so nobody can read its records (SERVFAIL).",
        "Ask your DNS provider. Often the name servers that stand at the registrar are not those where the records are.",
    ),
    "dnssec": Cause(
        "The signatures of {zone} are broken (DNSSEC), so resolvers trust none of its records.",
        "At the registrar, remove the DS record of {zone} or replace it by the one that your DNS provider shows today.",
    ),
    "zone_unknown": Cause(
        "The world knows no domain {zone}.",
        "See how it is spelled. If it was bought just now, wait an hour; else see at the registrar whether it has run out.",
    ),
    "propagating": Cause(
        "Part of the world sees the {what} already, others remember what was there before: {who}.",
        f"Only wait: it usually takes minutes, {{longest}}and at worst 48 hours. {_GO_ON}",
    ),
    "nothing_yet": Cause(
        "None of the records is there yet.",
        _AT_PROVIDER + "add them as they stand here, and save. A new record is usually seen within minutes.",
    ),
    "txt_missing": Cause("The TXT record that proves the ownership is not there: {proof} holds nothing.", _ENTER_TXT),
    "txt_doubled": Cause(
        "The TXT record stands at {place}: the provider has appended the domain to the full name.",
        _AT_PROVIDER + "change the record’s name to {relative} only.",
    ),
    "txt_bare": Cause(
        "The TXT record stands at {place} itself, one name too high.",
        _AT_PROVIDER + "change the record’s name to {relative}.",
    ),
    "txt_zone": Cause(
        "The TXT record stands at {place}, which speaks for {zone} and not for {host}.",
        _AT_PROVIDER + "change the record’s name to {relative}.",
    ),
    "txt_quotes": Cause("The TXT record’s value has quotation marks around it: {found}.", _CORRECT_TXT),
    "txt_spaces": Cause("The TXT record’s value has spaces or line breaks in it: {found}.", _CORRECT_TXT),
    "txt_case": Cause("The TXT record’s value has other capitals: {found}.", _CORRECT_TXT),
    "txt_without_prefix": Cause("The TXT record’s value lacks the words before the token: {found}.", _CORRECT_TXT),
    "txt_cut": Cause("The TXT record’s value was cut off: {found}.", _CORRECT_TXT),
    "txt_other_token": Cause(
        "The TXT record holds another token: {found}. It may be of another organisation, or of an earlier try.",
        _AT_PROVIDER + "replace the value of {relative}, or add a second TXT record beside it, with this: {wanted}",
    ),
    "txt_other": Cause("The TXT record holds something else: {found}.", _CORRECT_TXT),
    "host_missing": Cause("The ownership is proven, but {host} leads nowhere yet.", _AT_PROVIDER + _POINT),
    "cname_doubled": Cause(
        "The ownership is proven, but the record that leads here stands at {place}: the provider has appended the domain to the"
        " full name.",
        _AT_PROVIDER + "change the record’s name to {short} only.",
    ),
    "cname_circle": Cause(
        "The CNAME of {host} leads in a circle and never ends: {found}.",
        _AT_PROVIDER + "replace the CNAME record {short} by {pointing}.",
    ),
    "cname_appended": Cause(
        "The ownership is proven, but the CNAME of {host} leads to {found}: the provider has appended the domain to the value.",
        _AT_PROVIDER + "open the CNAME record {short} and write its value with a dot at its end: {target}.",
    ),
    "cname_elsewhere": Cause(
        "The ownership is proven, but {host} is a CNAME to {found}.",
        _AT_PROVIDER + "replace that record by {pointing}.",
    ),
    "proxied": Cause(
        "{host} leads to Cloudflare’s proxy ({found}) instead of here: the record is “proxied”, its cloud orange.",
        "At Cloudflare, open the record {short}, set its proxy status to “DNS only” (a grey cloud), and see that it is"
        " {pointing}.",
    ),
    "parked": Cause(
        "{host} still leads to a page of the registrar ({found}).",
        _AT_PROVIDER + "remove the forwarding or the parking record of {short}, then " + _POINT,
    ),
    "stray_a": Cause(
        "{host} leads here, but also elsewhere: {found} stands beside.",
        _AT_PROVIDER + "remove the A record {short} with the value {found}. Until then some visitors go astray.",
    ),
    "stray_aaaa": Cause(
        "{host} leads here, but over IPv6 elsewhere: {found}.",
        _AT_PROVIDER + "remove the AAAA record {short} with the value {found}. Until then some visitors go astray.",
    ),
    "only_ipv6": Cause(
        "{host} leads here over IPv6 only, which not everybody has.",
        _AT_PROVIDER + "replace its AAAA record by {pointing}.",
    ),
    "elsewhere": Cause(
        "The ownership is proven, but {host} leads to {found}, which is not here.",
        _AT_PROVIDER + "remove the record {short} with the value {found}, then " + _POINT,
    ),
    "target_unknown": Cause(
        "It could not be told whether {host} leads here, because {target} could not be looked up.",
        f"This says nothing against your records. {_GO_ON}",
    ),
}
"""By the code that reports keep."""
