"""Mail on getting started: a welcome, the first steps after some days, the first use; each once, and to nobody who declined."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread

import pytest
import time_machine
from sqlalchemy import select, update

from saas.accounts.models import Purpose, User
from saas.accounts.operations.proofs import take_as_proven
from saas.accounts.tokens import issue_token
from saas.core.audit import AuditEntry
from saas.core.clock import now
from saas.core.database import db
from saas.core.jobs import enqueue
from saas.core.milestones import reach
from saas.core.module import Milestone
from saas.core.runtime import runtime
from saas.core.settings import Settings
from saas.modules.workflows.models import RunStatus, WorkflowRun
from saas.modules.workflows.operations import Draft, StepDraft, create_workflow, start_run
from saas.onboarding.guidance import remind_of_first_steps
from saas.onboarding.tips import person_of, tips_token
from saas.organisations.operations import note
from saas.tenancy.models import Status, Tenant
from saas.tenancy.scope import platform_work, tenant_scope, tenant_work
from tests.cast import Organisation, found
from tests.members.staff import actor_of
from tests.modules.programs import work_with_only
from tests.support import Mailbox, path_of

HELLO = Milestone("tests.hello", "Your first hello", "Say it again.", "/hello", "Say hello")
STEP = StepDraft("transform", "Add tax", {"expression": "order.total * 1.2"})
"""A step that always succeeds; some of the simulated others fail now and then, as real ones would."""


@pytest.fixture(autouse=True)
def _empty(run_jobs: Callable[[], None], settings: Settings) -> None:
    """No mail that other tests left in the queue."""
    run_jobs()
    shutil.rmtree(settings.mailbox_dir, ignore_errors=True)


def subjects(mailbox: Mailbox, to: str) -> list[str]:
    return [str(message["Subject"]) for message in mailbox.messages(to)]


def noted(organisation: Organisation) -> list[str]:
    """To whom mail on getting started was sent, as the log tells."""
    with tenant_scope(organisation):
        query = select(AuditEntry).where(AuditEntry.event == "onboarding.mail.sent").order_by(AuditEntry.id)
        return [f"{entry.facts['mail']} to {entry.target_label}" for entry in db.session.scalars(query)]


def put(organisation: Organisation, person: str, **values: object) -> None:
    with tenant_work(organisation) as session:
        session.execute(update(User).where(User.id == organisation.people[person].id).values(**values))


def remind(organisation: Organisation) -> None:
    with tenant_work(organisation):
        remind_of_first_steps()


@pytest.fixture
def later() -> Callable[[float], time_machine.travel]:
    """Some days from now."""
    return lambda days: time_machine.travel(now() + timedelta(days=days), tick=False)


class TestWelcome:
    @pytest.fixture
    def founded(self, app) -> Organisation:
        return found("Newly", owner="Nina", people={"Bob": "member"}, verified=False)

    def test_the_founder_is_welcomed_when_the_address_is_confirmed(self, founded, browse, mailbox):
        work_with_only(founded, "workflows")
        with tenant_work(founded):
            token = issue_token(founded.people["Nina"], Purpose.VERIFY_EMAIL)
        assert mailbox.messages() == []
        assert browse(founded).post(f"/verify/{token}").status_code == 303
        assert subjects(mailbox, founded.email("Nina")) == ["Welcome to Keystone"]
        text = mailbox.text(founded.email("Nina"))
        for words in ("Hello Nina,", f"{founded.slug}.example.test", "Run your first workflow", "/getting-started"):
            assert words in text
        assert "Verify your e-mail address" not in text
        assert noted(founded) == ["welcome to Nina"]

    def test_an_organisation_is_welcomed_once(self, founded, mailbox):
        for person in ("Nina", "Bob", "Nina"):
            with tenant_work(founded):
                take_as_proven(db.session.get_one(User, founded.people[person].id))
        assert len(mailbox.messages()) == 1

    def test_one_that_was_proven_before_is_not_welcomed_again(self, acme, mailbox):
        with tenant_work(acme):
            take_as_proven(db.session.get_one(User, acme.people["Alice"].id))
        assert mailbox.messages() == []

    def test_sign_up_alone_brings_no_welcome(self, apex, wanted, mailbox):
        apex.post("/sign-up", wanted)
        assert [s for s in subjects(mailbox, wanted["email"]) if "Welcome" in s] == []


class TestFirstSteps:
    def test_owners_are_told_what_is_left_some_days_later(self, acme, umbrella, later, mailbox):
        work_with_only(acme, "workflows")
        with later(3.1):
            remind(acme)
        assert [str(message["To"]) for message in mailbox.messages()] == [acme.email("Alice")]
        message = mailbox.messages()[0]
        assert message["Subject"] == "2 steps left to set up Acme"
        text = mailbox.text(acme.email("Alice"))
        assert "Complete your organisation's details" in text
        assert "Run your first workflow" in text
        assert "Invite your colleagues" not in text
        assert noted(acme) == ["first_steps to Alice"]

    @pytest.mark.parametrize(("days", "mails"), [(0, 0), (2.9, 0), (3.1, 1), (29, 1), (31, 0)])
    def test_neither_too_early_nor_to_organisations_that_are_old(self, acme, later, mailbox, days, mails):
        with later(days):
            remind(acme)
        assert len(mailbox.messages()) == mails

    def test_it_is_sent_once(self, acme, later, mailbox):
        for days in (4, 5, 6):
            with later(days):
                remind(acme)
        assert len(mailbox.messages()) == 1

    def test_of_two_reminders_at_once_one_is_sent(self, acme, mailbox):
        with platform_work() as session:
            young = update(Tenant).where(Tenant.id == acme.id).values(created_at=now() - timedelta(days=4))
            session.execute(young)
        gate = Barrier(4)

        def send() -> None:
            gate.wait()
            remind(acme)

        threads = [Thread(target=send) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(mailbox.messages()) == 1

    def test_nothing_is_sent_when_everything_is_done(self, acme, later, mailbox):
        work_with_only(acme, "workflows")
        with tenant_work(acme):
            note("details", True)
            workflow = create_workflow(Draft("Hello", steps=(STEP,)), actor=actor_of(acme, "Alice"))
            start_run(workflow, actor=actor_of(acme, "Alice"))
        mailbox.messages()
        mailbox.run_jobs()
        before = len(mailbox.messages())
        with later(4):
            remind(acme)
        assert len(mailbox.messages()) == before

    def test_nothing_is_sent_while_the_checklist_is_put_away(self, acme, later, mailbox):
        with tenant_work(acme):
            note("checklist_hidden", True)
        with later(4):
            remind(acme)
        assert mailbox.messages() == []

    @pytest.mark.parametrize(
        "values",
        [{"tips_declined_at": now()}, {"verified_at": None}, {"is_active": False}, {"role": "admin"}],
        ids=lambda values: next(iter(values)),
    )
    def test_only_owners_who_can_be_reached_and_want_it_are_sent_any(self, acme, later, mailbox, values):
        put(acme, "Adam", role="owner")
        put(acme, "Alice", **values)
        with later(4):
            remind(acme)
        assert [str(message["To"]) for message in mailbox.messages()] == [acme.email("Adam")]

    def test_the_worker_does_it_for_organisations_in_service(self, acme, umbrella, later, mailbox):
        with platform_work() as session:
            session.get_one(Tenant, umbrella.id).status = Status.SUSPENDED
        for organisation in (acme, umbrella):
            with tenant_work(organisation):
                enqueue("onboarding.first_steps")
        with later(4):
            to = {str(message["To"]) for message in mailbox.messages()}
        assert acme.email("Alice") in to
        assert umbrella.email("Charlie") not in to


class TestFirstUse:
    def run(self, organisation: Organisation, person: str, step: StepDraft = STEP) -> None:
        with tenant_work(organisation):
            actor = actor_of(organisation, person)
            start_run(create_workflow(Draft("Hello", steps=(step,)), actor=actor), actor=actor)

    def test_whoever_ran_the_first_workflow_is_congratulated(self, acme, mailbox):
        self.run(acme, "Bob")
        mailbox.run_jobs()
        with tenant_scope(acme):
            assert db.session.scalars(select(WorkflowRun.status)).one() == RunStatus.SUCCEEDED
        assert subjects(mailbox, acme.email("Bob")) == ["Your first workflow has run"]
        assert f"http://{acme.host}/workflows" in mailbox.text(acme.email("Bob"))
        assert len(mailbox.messages()) == 1

    def test_only_the_first_time_counts(self, acme, mailbox):
        for person in ("Bob", "Alice", "Bob"):
            self.run(acme, person)
            mailbox.run_jobs()
        assert [str(message["To"]) for message in mailbox.messages()] == [acme.email("Bob")]

    def test_organisations_do_not_share_their_first_times(self, acme, umbrella, mailbox):
        self.run(acme, "Bob")
        self.run(umbrella, "Charlie")
        mailbox.run_jobs()
        assert len(mailbox.messages()) == 2

    def test_who_declined_is_not_written_to_and_nobody_else_is_instead(self, acme, mailbox):
        put(acme, "Bob", tips_declined_at=now())
        self.run(acme, "Bob")
        mailbox.run_jobs()
        assert mailbox.messages() == []

    def test_a_milestone_of_any_module_is_told_by_one_call(self, acme, mailbox):
        for _ in range(2):
            with tenant_work(acme):
                reach(HELLO, by=None)
        assert subjects(mailbox, acme.email("Alice")) == ["Your first hello"]
        assert "Say it again." in mailbox.text(acme.email("Alice"))
        assert noted(acme) == ["first_use to Alice"]

    def test_what_is_rolled_back_was_not_reached(self, acme, mailbox):
        with tenant_scope(acme):
            reach(HELLO, by=None)
        assert mailbox.messages() == []
        with tenant_work(acme):
            reach(HELLO, by=None)
        assert len(mailbox.messages()) == 1


class TestDeclining:
    @pytest.fixture
    def link(self, acme, mailbox) -> str:
        with tenant_work(acme):
            reach(HELLO, by=acme.people["Bob"].id)
        words = mailbox.text(acme.email("Bob")).split()
        return path_of(next(word for word in words if "/tips/" in word))

    def declined(self, organisation: Organisation, person: str) -> bool:
        with tenant_scope(organisation):
            return db.session.get_one(User, organisation.people[person].id).tips_declined_at is not None

    def test_the_link_in_the_mail_asks_first_and_works_without_signing_in(self, acme, browse, link):
        stranger = browse(acme)
        assert "No more of these mails?" in stranger.get(link).text
        assert not self.declined(acme, "Bob")
        answer = stranger.post(link)
        assert answer.status_code == 303
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "gets no more mail on getting started" in stranger.follow(answer).text
        assert self.declined(acme, "Bob")
        assert not self.declined(acme, "Alice")

    def test_a_link_of_another_organisation_or_one_that_was_changed_is_not_found(self, acme, umbrella, browse, link):
        token = link.rpartition("/")[2]
        with tenant_scope(umbrella):
            assert person_of(token) is None
            other = tips_token(acme.people["Bob"].id)
        stranger = browse(acme)
        for wrong in (other, token[:-1], token[:-1] + ("A" if token[-1] != "A" else "B"), token[32:], "x", "é" * 80):
            assert stranger.get(f"/tips/{wrong}").status_code == 404
            assert stranger.post(f"/tips/{wrong}", page="/sign-in").status_code == 404
        assert browse(umbrella).get(link).status_code == 404
        assert not self.declined(acme, "Bob")

    def test_whoever_is_signed_in_chooses_on_the_checklist(self, acme, browse):
        bob = browse(acme, "Bob")
        assert "Send me none" in bob.get("/getting-started").text
        assert bob.post("/tips", {"wanted": "no"}).status_code == 303
        assert self.declined(acme, "Bob")
        assert "Send me some" in bob.get("/getting-started").text
        assert bob.post("/tips", {"wanted": "perhaps"}).status_code == 400
        assert bob.post("/tips", {"wanted": "yes"}).status_code == 303
        assert not self.declined(acme, "Bob")
        with tenant_scope(acme):
            query = select(AuditEntry.event).where(AuditEntry.event.like("onboarding.mail.%")).order_by(AuditEntry.id)
            assert list(db.session.scalars(query)) == ["onboarding.mail.declined", "onboarding.mail.wanted"]


def test_steps_that_are_not_personal_answer_without_a_request(acme):
    with tenant_scope(acme):
        assert {step.name: step.done() for step in runtime().registry.steps if not step.personal}


def test_a_name_that_looks_like_an_address_is_not_written_into_a_mail(acme, mailbox):
    put(acme, "Bob", name="Pay at evil.example.com")
    with tenant_work(acme):
        reach(HELLO, by=acme.people["Bob"].id)
    assert "evil" not in mailbox.text(acme.email("Bob"))
