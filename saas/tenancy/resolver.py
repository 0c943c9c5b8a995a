"""The resolver: from what a request says of itself to a site and, on a tenant's site, the tenant.

A request may name its tenant four ways: by host, by ``/tenant/<name>/…`` on the apex, by ``X-Tenant-ID`` and by the claim of
its token. All that are given must agree, else the request is refused.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from saas.core.apikeys import PREFIX, is_genuine
from saas.core.crypto import token_hash
from saas.core.errors import first_line
from saas.core.runtime import settings
from saas.core.tokens import BadToken, Claims, read_token
from saas.tenancy.directory import Entry, directory
from saas.tenancy.names import RESERVED, is_name, is_ours, normal_host

log = structlog.get_logger()

API_PREFIX = "/api/"
PATH_PREFIX = "/tenant/"


class Site(StrEnum):
    """Which set of pages answers; each endpoint belongs to one."""

    APEX = "apex"
    TENANT = "tenant"
    MAIL = "mail"
    NOWHERE = "nowhere"


class Refusal(StrEnum):
    """Why a request reaches no site."""

    BAD_HOST = "bad_host"
    UNKNOWN_HOST = "unknown_host"
    RESERVED_HOST = "reserved_host"
    UNKNOWN_TENANT = "unknown_tenant"
    DISAGREEMENT = "disagreement"
    BAD_TOKEN = "bad_token"  # noqa: S105 - the name of a refusal
    BAD_KEY = "bad_key"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request says: raw host, path, and for the API the header, the bearer token."""

    host: str
    path: str
    header: str | None = None
    bearer: str | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where a request arrived. ``mount`` is the part of the path that named the tenant.

    ``elsewhere`` is the host where a browser finds this page instead. ``by_domain`` says that the host is a domain of the
    tenant's own: what is remembered of it may be seconds old, so whoever reads the tenant's standing checks it again.
    ``named`` are the tenants that a request named which was refused because they are not one and the same.
    ``key_hash`` is that of the API key that came along; whether it opens anything is for the tenant's own tables to say.
    """

    site: Site
    host: str
    tenant: Entry | None = None
    claims: Claims | None = None
    mount: str = ""
    elsewhere: str | None = None
    refusal: Refusal | None = None
    by_domain: bool = False
    named: tuple[Entry, ...] = ()
    key_hash: bytes = field(default=b"", repr=False)

    @property
    def takes_forms(self) -> bool:
        """Whether this is an address of the organisation's today, though pages live elsewhere: what was opened here can be sent."""
        return self.tenant is not None and (self.by_domain or self.host == settings().tenant_host(self.tenant.slug))

    @property
    def by_bearer(self) -> bool:
        """Whether whoever came names themselves by a bearer token or an API key: cookies then mean nothing."""
        return self.claims is not None or bool(self.key_hash)


class _Refused(Exception):
    def __init__(self, refusal: Refusal, named: tuple[Entry, ...] = ()) -> None:
        self.refusal, self.named = refusal, named


def resolve(asked: Asked) -> Arrival:
    """Where a request arrives; a refusal is an arrival nowhere. Disagreement goes into the log: somebody may be trying doors."""
    host = normal_host(asked.host)
    if host is None:
        return Arrival(Site.NOWHERE, settings().base_domain, refusal=Refusal.BAD_HOST)
    try:
        return _arrive(asked, host)
    except _Refused as refused:
        if refused.refusal is Refusal.DISAGREEMENT:
            log.warning("tenant_disagreement", host=host, path=asked.path[:200], header=(asked.header or "")[:50])
        return Arrival(Site.NOWHERE, host, refusal=refused.refusal, named=refused.named)
    except SQLAlchemyError as error:
        log.warning("directory_unavailable", error=first_line(error))
        return Arrival(Site.NOWHERE, host, refusal=Refusal.UNAVAILABLE)


def _arrive(asked: Asked, host: str) -> Arrival:
    arrival = _by_host(host)
    if arrival.site == Site.APEX and asked.path.startswith(PATH_PREFIX):
        arrival = _by_path(asked.path, host)
    if not _is_api(asked.path, arrival.mount):
        return _canonical(arrival)
    return _agreed(arrival, asked)


def _by_host(host: str) -> Arrival:
    base = settings().base_domain
    if host == base:
        return Arrival(Site.APEX, host)
    if host == f"www.{base}":
        return Arrival(Site.APEX, host, elsewhere=base)
    if host == f"mail.{base}" and settings().mail_url.get_secret_value().startswith("mailbox:"):
        return Arrival(Site.MAIL, host)
    ours = is_ours(host)
    entry = _by_name(host.removesuffix(f".{base}")) if ours else directory.by_domain(host)
    if entry is None:
        is_reserved = ours and host.removesuffix(f".{base}") in RESERVED
        raise _Refused(Refusal.RESERVED_HOST if is_reserved else Refusal.UNKNOWN_HOST)
    return Arrival(Site.TENANT, host, entry, by_domain=not ours)


def _by_name(name: str) -> Entry | None:
    return directory.by_name(name) if is_name(name) else None


def _by_path(path: str, host: str) -> Arrival:
    name = path.removeprefix(PATH_PREFIX).partition("/")[0]
    entry = _by_name(name)
    if entry is None:
        raise _Refused(Refusal.UNKNOWN_TENANT)
    mount = f"{PATH_PREFIX}{name}"
    return Arrival(Site.TENANT, host, entry, mount=mount, elsewhere=None if _is_api(path, mount) else entry.host)


def _is_api(path: str, mount: str) -> bool:
    return path.removeprefix(mount).startswith(API_PREFIX)


def _canonical(arrival: Arrival) -> Arrival:
    """Pages live on one host, the primary domain if there is one: other addresses of the organisation lead there.

    Without one, each verified domain stands for itself.
    """
    entry = arrival.tenant
    if entry is None or arrival.elsewhere or arrival.host == entry.host or (arrival.by_domain and not entry.domain):
        return arrival
    return replace(arrival, elsewhere=entry.host)


def _agreed(arrival: Arrival, asked: Asked) -> Arrival:
    claims, key_hash = _claims(asked.bearer), _key_hash(asked.bearer)
    named = [entry for entry in (arrival.tenant, _by_header(asked.header), _by_claims(claims)) if entry]
    if len({entry.id for entry in named}) > 1:
        raise _Refused(Refusal.DISAGREEMENT, tuple(named))
    if not named:
        return arrival
    return replace(arrival, site=Site.TENANT, tenant=named[0], claims=claims, key_hash=key_hash, elsewhere=None)


def _claims(bearer: str | None) -> Claims | None:
    if bearer is None or bearer.count(".") != 2:
        return None
    try:
        return read_token(settings().jwt_secret.get_secret_value(), bearer)
    except BadToken:
        raise _Refused(Refusal.BAD_TOKEN) from None


def _key_hash(bearer: str | None) -> bytes:
    """The hash of an API key; a slip of the hand is told by the checksum alone, nobody is asked."""
    if bearer is None or not bearer.startswith(PREFIX):
        return b""
    if not is_genuine(bearer, settings().environment):
        raise _Refused(Refusal.BAD_KEY)
    return token_hash(bearer)


def _by_header(name: str | None) -> Entry | None:
    if name is None:
        return None
    entry = _by_key(name)
    if entry is None:
        raise _Refused(Refusal.UNKNOWN_TENANT)
    return entry


def _by_key(name: str) -> Entry | None:
    entry = _by_name(name)
    return entry if entry and entry.key == name else None


def _by_claims(claims: Claims | None) -> Entry | None:
    if claims is None:
        return None
    try:
        entry = directory.by_id(UUID(claims.tenant_id))
    except ValueError:
        entry = None
    if entry is None:
        raise _Refused(Refusal.BAD_TOKEN)
    return entry
