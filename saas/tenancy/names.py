"""Names of tenants and hosts: what may be called how."""

import re
from unicodedata import combining, normalize
from uuid import UUID

from saas.core.errors import Invalid
from saas.core.runtime import settings

RESERVED = frozenset(
    """about abuse account accounts admin administrator api app apps assets auth autodiscover billing blog brand cdn
    chat cname community console contact custom dashboard demo dev dns docs download email embed events example faq favicon files
    forum ftp git graph health help home host hostmaster id imap img info internal invoices ipv4 ipv6 jobs legal live local
    localhost login logout mail marketing media metrics mx my news nic noc ns ns1 ns2 ns3 oauth oidc ops org origin owa pages
    partner pay payments platform policy pop pop3 portal postmaster pricing privacy proxy public register root saml sandbox
    scim secure security server share shop sign-in sign-up signin signup sip smtp spf sso staging static stats status store
    support sys system team tenant terms test tests tls tools uploads usage user users vpn web webhook webhooks webmail wpad
    ws www www1 www2""".split()  # noqa: SIM905 - a hundred quotation marks would only hide the words
)
SLUG_LENGTH = 40
TAKEN = "This address is taken. Please choose another."

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,49}")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_LINK = re.compile(r"://|\b(?:mailto|tel|sms):|\bwww\.|[\w)][.。](?:xn--|[^\W\d_]{2,})|\d+(?:\.\d+){3}", re.IGNORECASE)
_SPELLED = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "æ": "ae", "œ": "oe", "ø": "o", "å": "a", "đ": "d", "ð": "d", "þ": "th", "ħ": "h"}
    | {"ł": "l", "ı": "i", "ŋ": "ng", "ŧ": "t", "'": "", "’": ""}
)
"""Letters that are more than a plain one with a sign; apostrophes, which part no words."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def check_slug(text: str) -> str:
    """A usable slug (a DNS label in ASCII, lower-cased, at least 3 characters); raises Invalid with a sentence for the form."""
    slug = text.strip().lower()
    if len(slug) < 3:
        raise Invalid("Use at least 3 characters.", field="slug")
    if len(slug) > SLUG_LENGTH:
        raise Invalid(f"Use at most {SLUG_LENGTH} characters.", field="slug")
    if not _SLUG.fullmatch(slug):
        raise Invalid("Use letters a–z, digits and dashes; begin and end with a letter or digit.", field="slug")
    if slug[2:4] == "--" or slug in RESERVED or is_uuid(slug):
        raise Invalid("This address is reserved. Please choose another.", field="slug")
    return slug


def check_key(text: str) -> str:
    """A usable tenant key: ``[a-z0-9_-]``, at most 50 characters; raises Invalid."""
    if not is_name(text) or text in RESERVED or is_uuid(text):
        raise Invalid("A key has 1 to 50 of the characters a–z, 0–9, _ and -, and is not reserved.", field="key")
    return text


def is_ours(host: str) -> bool:
    """Whether a host is the platform's apex or below it, so that no organisation can bring it along.

    In development, where all is below ``localhost``, only what stands directly below it is: ``portal.acme.localhost`` opens in
    a browser without further ado, and lets a person try a domain of their own.
    """
    base = settings().base_domain
    below = host.removesuffix(f".{base}")
    return host == base or (below != host and not (base == "localhost" and "." in below))


def is_name(text: str) -> bool:
    """Whether a tenant could hold this text as its key or slug."""
    return _KEY.fullmatch(text) is not None


def is_uuid(text: str) -> bool:
    """Whether a text is the usual form of a uuid; names that look like the id of a tenant would speak of another one."""
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def suggest_slug(name: str) -> str:
    """A slug made from an organisation's name, its letters spelled with a–z: ``mueller-soehne``; may be empty or taken."""
    spelled = normalize("NFC", name).casefold().translate(_SPELLED)
    plain = "".join(sign for sign in normalize("NFKD", spelled) if not combining(sign))
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:SLUG_LENGTH].strip("-")
    return slug if len(slug) >= 3 else ""


def clean_name(text: str, *, field: str, longest: int = 100) -> str:
    """A human name without surrounding space; raises Invalid when empty, too long or holding control characters."""
    name = re.sub(" +", " ", text).strip()
    if not name:
        raise Invalid("This is needed.", field=field)
    if len(name) > longest:
        raise Invalid(f"Use at most {longest} characters.", field=field)
    if has_control_characters(name):
        raise Invalid("This holds characters that cannot be shown.", field=field)
    return name


def clean_public_name(text: str, *, field: str) -> str:
    """What a person or an organisation is called, as ``clean_name``; it stands in mail, so none may read as a link."""
    name = clean_name(text, field=field)
    if is_linklike(name):
        raise Invalid("A name cannot hold a web address.", field=field)
    return name


def is_linklike(text: str) -> bool:
    """Whether mail programs could make a link of a part of a text: ``B.V.`` and ``J. R.`` are none, ``evil.com`` is."""
    return bool(_LINK.search(normalize("NFKC", text)))


def has_control_characters(text: str, *, lines: bool = False) -> bool:
    """Whether a text holds control, direction or zero-width characters or lone surrogates; ``lines`` allows breaks and tabs."""
    return bool(_CONTROL.search(text.translate({9: None, 10: None, 13: None}) if lines else text))


def normal_host(raw: str) -> str | None:
    """The host of a Host header: lower case, without port and one trailing dot; None when it is not a well-formed name."""
    if not raw.isascii() or len(raw) > 260:
        return None
    host, colon, port = raw.lower().rpartition(":") if ":" in raw else (raw.lower(), "", "")
    if colon and not (port.isdigit() and len(port) <= 5 and 0 < int(port) < 65536):
        return None
    host = host.removesuffix(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in host.split(".")):
        return None
    return host
