"""Hosts as people enter them: made plain, or refused with the reason. Pure."""

import re
from functools import reduce
from ipaddress import ip_address
from unicodedata import name as name_of

import idna

from saas.core.errors import Invalid
from saas.core.runtime import settings
from saas.domains.zones import is_registry
from saas.tenancy.names import is_ours

FIELD = "host"
LONGEST = 200
"""Characters of a host: its TXT record has a longer name, and names end at 253."""

_PRIVATE = "exist in private networks only"
_SPECIAL = {
    **dict.fromkeys(("local", "internal", "lan", "home", "corp", "intranet"), _PRIVATE),
    "localhost": "mean the very computer that asks",
    "invalid": "are kept for tests and never exist on the internet",
    "onion": "exist in the Tor network only",
    "arpa": "are kept for the workings of the internet itself",
}
"""Endings that no domain of an organisation has, and what names with them are."""
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_SCHEME = re.compile(r"^([a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
_END = re.compile(r"[/?#\\]")
_PORT = re.compile(r"(?<!:):\d{0,5}$")
_DOTS = str.maketrans("。．｡", "...")

_ALPHABETS = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")
"""Alphabets with letters that look like those of another; no name mixes them in good faith."""

_LOOKALIKES = str.maketrans(
    dict(zip("абвгеёзийкмнопрстухцьѕіїјԁһԛԝӏ", "a6bree3nnkmhonpctyxubsiijdhqwl", strict=True))
    | dict(zip("αβγεηικνορτυχωϲ", "abyenikvoptuxwc", strict=True))
    | dict(
        zip(
            "ıɩłøðđħạẹịọụḷṃṇṛṣṭàáâãäåèéêëìíîïòóôõöùúûüçñýÿ",
            "iiloddhaeioulmnrstaaaaaaeeeeiiiiooooouuuucnyy",
            strict=True,
        )
    )
)
"""Letters that are easily taken for one of ASCII: Cyrillic, Greek, and Latin with small signs."""
_PAIRS = (("rn", "m"), ("vv", "w"))
"""Two letters that are easily taken for one. Words have them: only our own address is guarded against those."""
_DIGITS = str.maketrans("01i", "oll")
"""Digits, and the letters that they are taken for. A 1 is taken for an i as well; that i and l then come to the same is put right
by `alike`, as names that differ in those alone are two words."""


def host_of(text: str) -> str:
    """The host of what a person entered, be it an address copied from a browser: lower case, IDNA 2008, no dot at the end.

    Raises Invalid, with a sentence for the form, for what cannot be an organisation's own host.
    """
    host = known_host(text)
    labels = host.split(".")
    if len(host) > LONGEST:
        raise _refused(f"This name is too long. Use at most {LONGEST} characters.")
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise _refused("Use letters, digits and dashes between the dots, such as portal.example.com.")
    if is_ours(host):
        raise _refused("This name is part of our own address. Enter a domain that belongs to you.")
    if len(labels) == 1:
        raise _refused("Enter a whole domain with a dot in it, such as portal.example.com.")
    _check_place(host, labels)
    return host


def known_host(text: str) -> str:
    """The same for a host that is there already, whatever would be said of it today; Invalid for what is none."""
    typed = _bare(text)
    _check_typed(typed)
    return _ascii(typed)


def _refused(message: str) -> Invalid:
    return Invalid(message, field=FIELD)


def _bare(text: str) -> str:
    """What stands between scheme and path, without port, user and one dot at the end."""
    rest = _END.split(_SCHEME.sub("", text.strip(), count=1), maxsplit=1)[0]
    return _PORT.sub("", rest.translate(_DOTS)).strip().removesuffix(".").lower()


def _check_typed(typed: str) -> None:
    if not typed:
        raise _refused("Enter a domain, such as portal.example.com.")
    if "@" in typed:
        raise _refused("This is an e-mail address. Enter the domain alone, such as portal.example.com.")
    if "*" in typed:
        raise _refused("A wildcard cannot be connected. Enter one exact name, such as portal.example.com.")
    if _is_address(typed):
        raise _refused("This is an IP address. Enter the name of a domain, such as portal.example.com.")
    if "_" in typed:
        raise _refused("Names of web sites have no underscore. Enter a name such as portal.example.com.")
    if any(_is_mixed(label) for label in typed.split(".")):
        raise _refused(
            "This name mixes letters of different alphabets, which is used to deceive. Check how you typed it."
        )


def _is_address(text: str) -> bool:
    """Whether browsers take this for an address: also short, octal and hexadecimal forms."""
    last = text.rpartition(".")[2]
    if last.isdigit() or re.fullmatch(r"0x[0-9a-f]*", last):
        return True
    try:
        return bool(ip_address(text.strip("[]").partition("%")[0]))
    except ValueError:
        return False


def _is_mixed(label: str) -> bool:
    found = {name_of(letter, "").partition(" ")[0] for letter in label if letter.isalpha()}
    return len(found & set(_ALPHABETS)) > 1


def _ascii(typed: str) -> str:
    """The A-labels; those that were typed are decoded too, so that nothing is hidden behind them."""
    try:
        shown = ".".join(idna.decode(label) if label.startswith("xn--") else label for label in typed.split("."))
        if any(_is_mixed(label) for label in shown.split(".")):
            raise _refused("This name mixes letters of different alphabets, which is used to deceive.")
        return shown if shown.isascii() else idna.encode(shown, uts46=True).decode("ascii").lower()
    except UnicodeError:
        raise _refused("This is not the name of a domain. Enter one such as portal.example.com.") from None


def _check_place(host: str, labels: list[str]) -> None:
    """Refuse what the world's DNS does not hold, what belongs to everybody, and what looks like ours."""
    if labels[-1] in _SPECIAL and host != "localhost" and not _is_trial(host):
        raise _refused(f"Names that end in .{labels[-1]} {_SPECIAL[labels[-1]]}. Enter a public domain.")
    if is_registry(host):
        raise _refused(f"Names below {host} are given to others. Enter the one that is yours.")
    if _looks_ours(labels):
        raise _refused("This name looks like our own address and could deceive people. Choose another.")


def _is_trial(host: str) -> bool:
    """Whether this may be tried in development: below ``localhost`` and not ours, although the base domain is."""
    return host.endswith(".localhost") and is_ours("localhost")


def display(host: str) -> str:
    """A host as people read it: its letters instead of ``xn--``."""
    try:
        return ".".join(idna.decode(label) if label.startswith("xn--") else label for label in host.split("."))
    except UnicodeError:
        return host


def skeleton(host: str) -> str:
    """What a host looks like at a glance, as in Unicode's UTS 39: those that are easily taken for each other have the same.

    It is kept with domains; a domain's next examination writes one that has become another.
    """
    return _letters(host).translate(_DIGITS)


def _letters(host: str) -> str:
    """Everything made plain but digits."""
    return display(host).translate(_LOOKALIKES)


def alike(host: str, other: str) -> bool:
    """Whether a host is easily taken for another one."""
    mine, theirs = (_letters(one).replace("0", "o") for one in (host, other))
    together = zip(mine, theirs, strict=False)
    return len(mine) == len(theirs) and all(
        a == b or ("1" in (a, b) and {a, b} <= {"1", "i", "l"}) for a, b in together
    )


def deceives(host: str, other: str) -> bool:
    """Whether a host is easily taken for another one; of two that look alike the plain one deceives nobody."""
    labels = zip(display(host).split("."), display(other).split("."), strict=False)
    return alike(host, other) and not all(mine == theirs or is_plain(mine) for mine, theirs in labels)


def is_plain(host: str) -> bool:
    """Whether nothing in a host can be taken for something else."""
    return _letters(host) == host and host.isascii() and not {"0", "1"} & {*host}


def _looks_ours(labels: list[str]) -> bool:
    base = settings().base_domain
    end = ".".join(labels[-1 - base.count(".") :])
    return end != base and alike(_without_pairs(end), _without_pairs(base))


def _without_pairs(host: str) -> str:
    return reduce(lambda text, pair: text.replace(*pair), _PAIRS, _letters(host))
