"""The forms that settings have: names of domains, addresses of people, mail servers, databases and Redis."""

import re
from collections.abc import Callable
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from pydantic import AfterValidator, SecretStr
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from saas.core.buckets import Bucket
from saas.core.crypto import KeyRing
from saas.core.logins import plain_url

_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_DOMAIN = re.compile(rf"(?=.{{1,200}}\Z)({_LABEL}\.)*(?![0-9]+\Z){_LABEL}")
_ADDRESS = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*"
_PERSON = re.compile(_ADDRESS)
_PLACE = re.compile(r"(\[(?P<inner>[^]]+)\]|(?P<plain>[^:]+))(:(?P<port>[1-9][0-9]{0,4}))?")
_SENDER = re.compile(rf"""{_ADDRESS}|("[^"\\]+"|[^][()<>@,;:.\\"]+) ?<{_ADDRESS}>""")


def is_domain(text: str) -> bool:
    """Whether browsers can find a host of this name; an address of numbers has no subdomains."""
    return bool(_DOMAIN.fullmatch(text))


def is_address(text: str) -> bool:
    """Whether this is one e-mail address."""
    return bool(_PERSON.fullmatch(text))


def is_sender(text: str) -> bool:
    """Whether this is one e-mail address, perhaps with a name before it."""
    return text.isprintable() and bool(_SENDER.fullmatch(text))


def is_mail_url(text: str) -> bool:
    """Whether this names a mail server, or the folder of the mailbox."""
    return text == "mailbox:" or _names_host(text, ("smtp", "smtps"), whole=True)


def is_redis_url(text: str) -> bool:
    """Whether this names a Redis server by host or socket, or several of them."""
    return _names_host(text, ("redis", "rediss")) or bool(
        re.match(r"redis\+(unix:///|(cluster|sentinel)://[^/])", text)
    )


def is_stripe_key(text: str) -> bool:
    """Whether this is a key with which a server may ask Stripe, or nothing."""
    return not text or bool(re.fullmatch(r"(sk|rk)_(test|live)_\w+", text))


def is_seller_address(text: str) -> bool:
    """Whether this is a street, a postcode, a city and a country of two letters, separated by bars; or nothing."""
    parts = [part.strip() for part in text.split("|")]
    return not text or (len(parts) == 4 and all(parts) and bool(re.fullmatch("[A-Z]{2}", parts[3])))


def is_database_url(text: str) -> bool:
    """Whether this names a database so that PostgreSQL's own library, SQLAlchemy and we read the same in it."""
    plain = plain_url(text)
    try:
        parts, *_ = urlsplit(plain), make_url(plain), conninfo_to_dict(plain)
        named = bool(parts.path.strip("/")) and parts.port != 0
        return parts.scheme == "postgresql" and named and parts.netloc.count("@") < 2
    except (ValueError, ArgumentError, ProgrammingError):
        return False


def is_key_ring(text: str) -> bool:
    """Whether these are master keys."""
    return _reads(KeyRing.parse, text)


def is_files_url(text: str) -> bool:
    """Whether this names a bucket, or nothing."""
    return not text or _reads(Bucket.parse, text)


def split_list(text: str) -> list[str]:
    """What stands between commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


def are_addresses(text: str) -> bool:
    """Whether these are addresses of the internet's two kinds, or nothing."""
    return all(map(_is_number, split_list(text)))


def are_resolvers(text: str) -> bool:
    """Whether these are addresses of servers, each perhaps with a port (``[2001:db8::1]:53``); at least one."""
    places = [place_of(part) for part in split_list(text)]
    return bool(places) and all(_is_number(address) and 0 < port < 65_536 for address, port in places)


def place_of(resolver: str, port: int = 53) -> tuple[str, int]:
    """Address and port of a server; ``port`` where it names none. What is no such place has an address that is none."""
    if match := _PLACE.fullmatch(resolver):
        return match["inner"] or match["plain"], int(match["port"] or port)
    return resolver, port


def _is_number(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def _reads(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


def _names_host(text: str, schemes: tuple[str, ...], *, whole: bool = False) -> bool:
    """Whether an address has one of the schemes, a host and a port that is one; ``whole``: and nothing behind them."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    ends = not whole or text.rstrip("/").endswith(parts.netloc)
    return parts.scheme in schemes and bool(parts.hostname) and ends


def _form(holds: Callable[[str], bool], words: str) -> AfterValidator:
    """The rule that a text holds; ``words`` tell what it must be."""

    def check(value: str | SecretStr) -> str | SecretStr:
        if not holds(value.get_secret_value() if isinstance(value, SecretStr) else value):
            raise ValueError(words)
        return value

    return AfterValidator(check)


def _normal(domain: str) -> str:
    return domain.strip().lower().rstrip(".")


_ESCAPES = "in a password write / as %2F, # as %23, ? as %3F"

Domain = Annotated[
    str,
    AfterValidator(_normal),
    _form(is_domain, "must be a bare domain such as example.com, without scheme and port"),
]
DomainOrNone = Annotated[
    str,
    AfterValidator(_normal),
    _form(lambda text: not text or is_domain(text), "must be a bare domain such as example.com, or nothing"),
]
HostAddresses = Annotated[
    str, _form(are_addresses, "must be addresses such as 192.0.2.1 and 2001:db8::1, separated by commas")
]
Resolvers = Annotated[
    str,
    _form(are_resolvers, "must be addresses such as 9.9.9.9, 127.0.0.1:5353 or [2001:db8::1]:53, separated by commas"),
]
Address = Annotated[str, _form(is_address, "must be one address such as help@example.com")]
Sender = Annotated[
    str, _form(is_sender, "must be one address such as no-reply@example.com or Example <no-reply@example.com>")
]
MailUrl = Annotated[
    SecretStr,
    _form(
        is_mail_url,
        "must be smtp://host, smtps://host (each with user:password@ before and :port after it, as wanted) or mailbox:;"
        f" {_ESCAPES}",
    ),
]
DatabaseUrl = Annotated[
    SecretStr,
    _form(is_database_url, f"must be postgresql://user:password@host:port/database; {_ESCAPES}, @ as %40, % as %25"),
]
FilesUrl = Annotated[
    SecretStr,
    _form(
        is_files_url,
        "must be s3://key:secret@host:port/bucket/prefix?region=…&tls=on (or tls=off), or nothing;"
        " in a secret write / as %2F, + as %2B",
    ),
]
SellerAddress = Annotated[
    str, _form(is_seller_address, "must be street|postcode|city|country, such as DE for the last")
]
StripeKey = Annotated[
    SecretStr, _form(is_stripe_key, "must be a secret or restricted key such as sk_test_… (not one for browsers, pk_…)")
]
RedisUrl = Annotated[
    SecretStr, _form(is_redis_url, "must be redis://host:port/number, or rediss:// where it speaks TLS")
]
MasterKeys = Annotated[
    SecretStr,
    _form(is_key_ring, "must be a list of `number:base64 of 32 bytes`, each number once (`saas keys new` makes one)"),
]
