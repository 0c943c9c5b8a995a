"""Mail on its way: sent outside every transaction, once, and for as long as a mail server may be away."""

from datetime import UTC, datetime
from email.message import EmailMessage
from smtplib import SMTPServerDisconnected

import psycopg
import pytest
from procrastinate.jobs import Job as QueuedJob

from saas.app import MAIL_RETRIES
from saas.core.database import db
from saas.core.jobs import declared_jobs
from saas.core.logins import Login
from saas.core.mail import MAIL_JOB, Mail
from saas.core.runtime import runtime
from saas.core.scope import scope_or_none
from saas.tenancy.models import Status, Tenant
from saas.tenancy.scheduling import Backoff, wait_before
from saas.tenancy.scope import platform_work, tenant_work
from saas.tenancy.worker import run_job


class Server:
    """A mail server as the transport sees it; notes how the process stands while it is spoken to."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.stands: list[tuple[object, int]] = []
        self.away = False

    def send(self, message: EmailMessage) -> None:
        """Take the message, or be away."""
        self.stands.append((scope_or_none(), db.guarded.pool.checkedout()))
        if self.away:
            raise SMTPServerDisconnected("Connection unexpectedly closed")
        self.sent.append(message["Message-ID"])


@pytest.fixture
def mail_server(app, monkeypatch) -> Server:
    server = Server()
    monkeypatch.setattr(runtime().postbox, "transport", server)
    return server


@pytest.fixture(autouse=True)
def queue(app, settings):
    """The queue's own login; the queue is empty in the beginning."""
    with psycopg.connect(settings.login(Login.JOBS), autocommit=True) as connection:
        connection.execute("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")
        yield connection


@pytest.fixture
def written(acme, queue) -> QueuedJob:
    """A mail of Acme that waits in the queue."""
    with tenant_work(acme):
        runtime().postbox.enqueue(Mail("ana@example.com", "Hello", "Hello", "<p>Hello</p>"))
    id, args = queue.execute("SELECT id, args FROM procrastinate_jobs").fetchone()
    return QueuedJob(id=id, task_name=MAIL_JOB, task_kwargs=args, queue="default", lock=None, queueing_lock=None)


def deliver(queued: QueuedJob) -> None:
    run_job(declared_jobs()[MAIL_JOB], queued)


def test_no_scope_is_open_and_no_connection_held_while_mail_is_sent(mail_server, written):
    held = db.guarded.pool.checkedout()
    deliver(written)
    assert mail_server.stands == [(None, held)]


def test_a_mail_that_was_sent_is_not_sent_again(mail_server, written):
    deliver(written)
    deliver(written)
    assert len(mail_server.sent) == 1


def test_a_mail_that_was_refused_is_tried_again_under_the_same_id(mail_server, written):
    mail_server.away = True
    for _ in range(2):
        with pytest.raises(SMTPServerDisconnected):
            deliver(written)
    mail_server.away = False
    deliver(written)
    assert len(mail_server.sent) == 1
    assert len(mail_server.stands) == 3


@pytest.mark.parametrize(("status", "sent"), [(Status.CANCELLED, 1), (Status.DELETING, 0)])
def test_mail_of_a_cancelled_organisation_goes_out_and_of_a_deleted_one_does_not(
    acme, mail_server, written, status, sent
):
    with platform_work() as session:
        session.get_one(Tenant, acme.id).status = status
    deliver(written)
    assert len(mail_server.sent) == sent


def test_the_queue_keeps_trying_for_more_than_a_day(mail_server, written, queue, run_jobs):
    mail_server.away = True
    tries = 0
    while queue.execute("SELECT status FROM procrastinate_jobs").fetchone() == ("todo",):
        queue.execute("UPDATE procrastinate_jobs SET scheduled_at = now() - interval '1 second'")
        run_jobs()
        tries += 1
        assert tries <= MAIL_RETRIES + 1
    assert tries == len(mail_server.stands) == MAIL_RETRIES + 1
    shortest = sum(wait_before(attempts) for attempts in range(MAIL_RETRIES)) * 0.8
    assert shortest > 24 * 3600


def test_no_wait_is_longer_than_an_hour_and_a_fifth_nor_the_same_for_all():
    tried = QueuedJob(id=1, queue="x", task_name="x", attempts=500, lock=None, queueing_lock=None)
    decisions = [Backoff(1000).get_retry_decision(exception=OSError(), job=tried) for _ in range(50)]
    waits = [(decision.retry_at - datetime.now(UTC)).total_seconds() for decision in decisions if decision]
    assert len(waits) == 50
    assert 0.79 * 3600 < min(waits) < max(waits) <= 1.2 * 3600
