"""Writes about certificates: asking for one, keeping an order, noting how it ended. Each is a short transaction of its own,
but for the request, which is kept together with its cause."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from cryptography import x509
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from saas.core.actor import Actor
from saas.core.audit import Target, record
from saas.core.clock import now
from saas.core.crypto import Undecipherable
from saas.core.database import db
from saas.core.jobs import enqueue
from saas.core.module import AuditEvent
from saas.core.runtime import runtime, settings
from saas.domains.certificates import folder
from saas.domains.certificates.authority import new_key
from saas.domains.certificates.models import AcmeAccount, AcmeChallenge, Certificate, CertificateStatus
from saas.domains.certificates.module import FAILED, ISSUED
from saas.domains.certificates.queries import is_limited, list_verified
from saas.domains.certificates.reasons import LEAST_PAUSE, pause_after, sentence
from saas.domains.hosts import display
from saas.domains.queries import find_holder
from saas.tenancy.directory import directory
from saas.tenancy.models import Domain, Tenant
from saas.tenancy.scope import inside, platform_rights, platform_work

log = structlog.get_logger()

CERTIFY_JOB = "domains.certify"
ORDERER = Actor("job", "Orders of certificates")
PROOF_KEPT = timedelta(hours=1)
_ACCOUNT, _KEY = "account with a certificate authority", "key of a certificate"


@dataclass(frozen=True, slots=True)
class Work:
    """An order that is to be begun or gone on with: host, key (PEM), and its address once the authority has it."""

    host: str
    key: bytes
    order_url: str


def request_certificate(host: str) -> None:
    """Have a verified host's certificate ordered, or renewed before its time, with the commit; in any scope.

    Soon after a failure it waits, as authorities count failures. Nothing happens where certificates are not ours to get.
    """
    if settings().certificates != "acme":
        return
    with platform_rights() as session:
        row = session.get(Certificate, host)
        at = max(now(), row.failed_at + LEAST_PAUSE) if row and row.failed_at else now()
        if row:
            row.next_try_at = at
        enqueue_order(host, after=at - now())


def enqueue_order(host: str, *, after: timedelta = timedelta(), gives_way: bool = False) -> None:
    """Store the job, once while it waits, in the platform's scope: there its lock is one for all."""
    name = f"certificate {host}"
    enqueue(CERTIFY_JOB, lock=name, once=name, after=max(after, timedelta()), gives_way=gives_way, host=host)


def begin(host: str) -> Work | None:
    """What is to be done for a host now, for which the row and the key are made.

    None when it is not verified, nothing is due, or the authority has just said that it is asked too often: whatever of this
    round is left is done in the next.
    """
    with platform_work() as session:
        owner = find_holder(host)
        row = session.get(Certificate, host, with_for_update=True)
        if row and row.tenant_id != owner:
            session.delete(row)
            session.flush()
            row = None
        if owner is None:
            return None
        if row is None:
            row = Certificate(host=host, tenant_id=owner, next_try_at=now())
            session.add(row)
        if row.next_try_at > now() or is_limited():
            return None
        key = _opened(row.order_key, _KEY)
        if key is None:
            key = new_key()
            row.order_key, row.order_url = runtime().keys.seal(key, purpose=_KEY), ""
        return Work(host, key, row.order_url)


def keep_order(host: str, url: str) -> None:
    """Remember where an order stands, so that a later try goes on with it."""
    with platform_work() as session:
        session.get_one(Certificate, host).order_url = url


def keep_proof(token: str, key_authorisation: str) -> None:
    """Have every web process answer an authority that asks for a token, for an hour."""
    shown = {"token": token, "key_authorisation": key_authorisation, "expires_at": now() + PROOF_KEPT}
    with platform_work() as session:
        statement = insert(AcmeChallenge).values(shown)
        session.execute(statement.on_conflict_do_update(index_elements=["token"], set_=shown))


def account_key() -> tuple[bytes, str]:
    """The key (PEM) and, once known, the address of our account with the authority; the key is made when there is none."""
    at = settings().acme_directory
    with platform_work() as session:
        fresh = {"directory": at, "sealed_key": runtime().keys.seal(new_key(), purpose=_ACCOUNT), "url": ""}
        session.execute(insert(AcmeAccount).values(fresh).on_conflict_do_nothing())
        account = session.get_one(AcmeAccount, at, with_for_update=True)
        key = _opened(account.sealed_key, _ACCOUNT)
        if key is None:
            key = new_key()
            account.sealed_key, account.url = runtime().keys.seal(key, purpose=_ACCOUNT), ""
        return key, account.url


def keep_account(url: str) -> None:
    """Remember the address of our account; an empty one has it looked up again."""
    with platform_work() as session:
        session.get_one(AcmeAccount, settings().acme_directory).url = url


def note_issued(host: str, chain: bytes, *, actor: Actor) -> None:
    """The pair is in its folder: note until when it is good, and renew it when a third of its life is left.

    Of a host that was given up meanwhile nothing stays.
    """
    certificate = x509.load_pem_x509_certificate(chain)
    since, until = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    with platform_work() as session:
        row = session.get(Certificate, host, with_for_update=True)
        if row is None or row.tenant_id != find_holder(host):
            folder.remove(host)
            return
        row.status, row.reason, row.attempts, row.failed_at = CertificateStatus.ACTIVE, "", 0, None
        row.issued_at, row.expires_at, row.next_try_at = since, until, until - (until - since) / 3
        row.order_url, row.order_key = "", None
        _record(row, ISSUED, actor=actor, expires=until)
        directory.forget_with_commit(row.tenant_id)


def note_failed(host: str, code: str, detail: str, *, authority: str, actor: Actor) -> None:
    """The authority refused: say why and when it is tried again. The log is told once of each reason; nobody's, when the host
    was given up meanwhile."""
    with platform_work() as session:
        row = session.get(Certificate, host, with_for_update=True)
        if row is None or row.tenant_id != find_holder(host):
            return
        before, works = row.reason, row.expires_at is not None and row.expires_at > now()
        row.reason = sentence(code, host=host, authority=authority)
        row.status = CertificateStatus.ACTIVE if works else CertificateStatus.FAILED
        row.attempts, row.failed_at = row.attempts + 1, now()
        row.next_try_at = now() + pause_after(row.attempts, code)
        row.order_url, row.order_key = "", None
        if row.reason != before:
            _record(row, FAILED, actor=actor, reason=row.reason, detail=detail)


def put_off(host: str, until: datetime, *, reason: str = "") -> None:
    """Go on with the order later. What hinders us, if anything does, is told on the page, but is no failure of the host."""
    with platform_work() as session:
        row = session.get(Certificate, host, with_for_update=True)
        if row is not None:
            row.next_try_at = until
            row.reason = reason or row.reason
            if not reason:
                enqueue_order(host, after=until - now())


def forget_others() -> None:
    """Take away the rows and the folders of hosts that were given up, and proofs that nobody asks for any more."""
    there = folder.hosts_there()
    verified = select(Domain.host).where(
        Domain.host == Certificate.host, Domain.tenant_id == Certificate.tenant_id, Domain.verified_at.is_not(None)
    )
    with platform_work() as session:
        session.execute(delete(Certificate).where(~verified.exists()))
        session.execute(delete(AcmeChallenge).where(AcmeChallenge.expires_at < now()))
        given_up = there - list_verified(there)
    for host in given_up:
        try:
            folder.remove(host)
        except OSError as fault:
            log.error("certificate_stays", host=host, error=str(fault))


def notice_lost() -> None:
    """Have certificates ordered anew that nginx does not find in their folder any more; till then nobody is led to their hosts."""
    good = Certificate.status == CertificateStatus.ACTIVE
    anew = {"status": CertificateStatus.WAITING, "reason": "", "expires_at": None, "next_try_at": now()}
    with platform_work() as session:
        lost = {*session.scalars(select(Certificate.host).where(good))} - folder.hosts_served()
        again = update(Certificate).where(Certificate.host.in_(lost), good).values(anew)
        for tenant_id in session.scalars(again.returning(Certificate.tenant_id)):
            directory.forget_with_commit(tenant_id)


def _opened(sealed: bytes | None, purpose: str) -> bytes | None:
    """A key that was sealed; None when there is none, or the master key that sealed it is gone: then another one is made."""
    try:
        return runtime().keys.unseal(sealed, purpose=purpose) if sealed else None
    except Undecipherable:
        return None


def _record(row: Certificate, event: AuditEvent, *, actor: Actor, **facts: Any) -> None:
    """Tell the log of the organisation that has the host, under the domain, whose history shows it."""
    own = (Domain.host == row.host) & (Domain.tenant_id == row.tenant_id)
    target = Target("domain", db.session.scalars(select(Domain.id).where(own)).one(), display(row.host))
    with inside(db.session.get_one(Tenant, row.tenant_id)):
        record(event, actor=actor, target=target, **facts)
