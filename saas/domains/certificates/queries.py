"""Reads about certificates: what pages and commands show of them, what authorities ask for, what is due."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from sqlalchemy import or_, select

from saas.core.clock import now
from saas.core.database import db
from saas.core.runtime import settings
from saas.domains.certificates.models import AcmeChallenge, Certificate, CertificateStatus
from saas.domains.certificates.reasons import LIMITED
from saas.domains.certificates.states import CertificateState
from saas.tenancy.models import Domain

ROUND = timedelta(minutes=5)
"""Every so often it is looked what is due."""
_AGAIN = "We try again by ourselves."
_NOT_OURS = {
    "outside": "The web server in front of us gets the certificate when the first visitor comes over https.",
    "https": "The web server in front of us holds the certificate.",
    "http": "Pages are served over http here, so no certificate is needed.",
}


def certificate_states(hosts: Collection[str]) -> dict[str, CertificateState]:
    """The state of each host's certificate, in the scope of the tenant whose hosts they are. The hosts are verified."""
    if settings().certificates != "acme":
        kind = "outside" if settings().certificates == "outside" else settings().public_scheme
        status = "none" if kind == "http" else "elsewhere"
        return dict.fromkeys(hosts, CertificateState(status, _NOT_OURS[kind], "neutral"))
    found = db.session.scalars(select(Certificate).where(Certificate.host.in_(hosts)))
    known = {certificate.host: certificate for certificate in found}
    return {host: _state(known.get(host)) for host in hosts}


def _state(row: Certificate | None) -> CertificateState:
    if row is None or (row.status == CertificateStatus.WAITING and not row.reason):
        return CertificateState("waiting", "The certificate is being ordered. That takes a minute or two.", "info")
    times = (row.expires_at, row.next_try_at)
    if row.status == CertificateStatus.WAITING:
        return CertificateState("waiting", f"{row.reason} {_AGAIN}", "warning", *times)
    if row.status == CertificateStatus.FAILED or (row.expires_at or now()) <= now():
        status, lost = ("failed", "") if row.expires_at is None else ("expired", "The certificate has expired. ")
        return CertificateState(status, f"{lost}{row.reason} {_AGAIN}".replace("  ", " "), "danger", *times)
    if row.reason:
        words = f"The certificate works, but could not be renewed so far. {row.reason} {_AGAIN}"
        return CertificateState("active", words, "warning", *times)
    return CertificateState("active", "The certificate works, and we renew it in time.", "success", *times)


def get_key_authorisation(token: str) -> str | None:
    """What an authority shall find under a token, in the platform's scope; None when it has not been asked for."""
    proof = db.session.get(AcmeChallenge, token)
    return proof.key_authorisation if proof and proof.expires_at > now() else None


def list_certificates(*, limit: int = 1000) -> Sequence[Certificate]:
    """Certificates by host, in the platform's scope."""
    return db.session.scalars(select(Certificate).order_by(Certificate.host).limit(limit)).all()


def list_verified(hosts: Collection[str]) -> set[str]:
    """Those of some hosts that are somebody's verified domain; in the platform's scope."""
    return set(db.session.scalars(select(Domain.host).where(Domain.host.in_(hosts), Domain.verified_at.is_not(None))))


def list_due(limit: int) -> Sequence[str]:
    """Verified hosts that wait for a certificate or its renewal, the longest first; in the platform's scope."""
    due = or_(Certificate.host.is_(None), Certificate.next_try_at <= now())
    query = select(Domain.host).outerjoin(Certificate, Certificate.host == Domain.host).where(due)
    verified = query.where(Domain.verified_at.is_not(None))
    return db.session.scalars(verified.order_by(Certificate.next_try_at.nulls_first(), Domain.host).limit(limit)).all()


def is_limited() -> bool:
    """Whether the authority said within the last round that it was asked too often; in the platform's scope."""
    lately = (Certificate.reason == LIMITED) & (Certificate.failed_at > now() - ROUND)
    return bool(db.session.scalar(select(select(Certificate.host).where(lately).exists())))
