"""Trials: reminded, ended into a free plan or a choice, suspended when nobody chooses; nothing is lost on the way."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import update

from saas.core.clock import now
from saas.plans.trials import look_at_trial
from saas.tenancy.models import Tenant
from saas.tenancy.scope import platform_scope, platform_work, tenant_work
from tests.cast import Organisation
from tests.support import Browser, Mailbox


def set_back(organisation: Organisation, **values: object) -> None:
    with platform_work() as session:
        session.execute(update(Tenant).where(Tenant.id == organisation.id).values(**values))


def look(organisation: Organisation) -> str:
    with tenant_work(organisation):
        return look_at_trial()


def standing(organisation: Organisation) -> tuple[str, str]:
    with platform_scope() as session:
        tenant = session.get_one(Tenant, organisation.id)
        return tenant.status, tenant.plan


def subjects(mailbox: Mailbox, organisation: Organisation) -> list[str]:
    return [str(message["Subject"]) for message in mailbox.messages(organisation.email("Alice"))]


class TestReminders:
    def test_people_hear_three_days_and_one_day_before_once_each(self, acme, mailbox):
        assert look(acme) == ""
        for days, heard in ((2.5, 1), (0.5, 2)):
            set_back(acme, trial_ends_at=now() + timedelta(days=days))
            assert (look(acme), look(acme)) == ("reminded", "")
            assert len(subjects(mailbox, acme)) == heard
        assert subjects(mailbox, acme)[0].startswith("The trial of Acme ends on ")

    def test_only_those_who_may_choose_hear_of_it(self, acme, mailbox):
        set_back(acme, trial_ends_at=now() + timedelta(days=1))
        look(acme)
        assert {one["To"] for one in mailbox.messages() if "acme-" in one["To"]} == {
            acme.email("Alice"),
            acme.email("Adam"),
        }


class TestItsEnd:
    def test_a_free_plan_goes_on(self, acme, mailbox):
        set_back(acme, trial_ends_at=now() - timedelta(hours=1))
        assert (look(acme), look(acme)) == ("ended", "")
        assert standing(acme) == ("active", "free")
        assert "which costs nothing" in mailbox.text(acme.email("Alice"))

    def test_without_one_there_are_days_to_choose_and_then_it_is_suspended(self, acme, mailbox, without_free_plan):
        set_back(acme, trial_ends_at=now() - timedelta(hours=1))
        assert look(acme) == "ended"
        assert standing(acme) == ("past_due", "trial")
        set_back(acme, status_at=now() - timedelta(days=6, hours=23))
        assert look(acme) == ""
        set_back(acme, status_at=now() - timedelta(days=7))
        assert look(acme) == "suspended"
        assert standing(acme) == ("suspended", "trial")
        assert [one.rpartition(" ")[2] for one in subjects(mailbox, acme)] == ["over", "suspended"]

    def test_one_that_is_suspended_still_sees_its_plan(self, acme, browse: Callable[..., Browser], saas):
        saas("tenants", "suspend", acme.slug, "--reason", "The trial ended.")
        browser = browse(acme, "Alice")
        assert (browser.get("/plan").status_code, browser.get("/workflows").status_code) == (200, 403)

    def test_who_is_past_due_for_another_reason_is_left_alone(self, acme):
        set_back(acme, status="past_due", status_reason="A payment failed.", status_at=now() - timedelta(days=90))
        assert look(acme) == ""

    def test_one_that_pays_is_left_alone(self, acme):
        set_back(acme, status="active", trial_ends_at=now() - timedelta(days=9))
        assert look(acme) == ""


class TestAPlanAfterAll:
    @pytest.mark.parametrize("days", [1, 8])
    def test_who_gets_one_from_an_operator_is_active_again_and_stays_so(self, acme, saas, without_free_plan, days):
        set_back(acme, trial_ends_at=now() - timedelta(hours=1))
        look(acme)
        set_back(acme, status_at=now() - timedelta(days=days))
        look(acme)
        assert standing(acme)[0] == ("suspended" if days == 8 else "past_due")
        assert "active again" in saas("plans", "give", acme.slug, "pro").output
        set_back(acme, status_at=now() - timedelta(days=90))
        assert (standing(acme), look(acme)) == (("active", "pro"), "")

    def test_who_is_suspended_for_another_reason_is_not_opened_by_a_plan(self, acme, saas):
        saas("tenants", "suspend", acme.slug, "--reason", "Abuse.")
        assert saas("plans", "give", acme.slug, "pro").exit_code == 0
        assert standing(acme) == ("suspended", "pro")


class TestLonger:
    def test_an_operator_lets_a_trial_go_on_also_one_that_has_ended(self, acme, saas, without_free_plan):
        set_back(acme, trial_ends_at=now() - timedelta(hours=1))
        look(acme)
        assert saas("plans", "trial", acme.slug, "10").exit_code == 0
        assert standing(acme)[0] == "trialing"
        assert look(acme) == ""

    def test_not_for_ever_and_not_for_those_who_pay(self, acme, saas):
        assert saas("plans", "trial", acme.slug, "31").exit_code == 2
        set_back(acme, status="active")
        refused = saas("plans", "trial", acme.slug, "5")
        assert (refused.exit_code, "tries nothing" in refused.output) == (1, True)


class TestChoosing:
    def test_a_free_plan_ends_the_trial_at_once(self, acme, browse):
        browser = browse(acme, "Alice")
        assert browser.post("/plan/change", {"plan": "free"}, page="/plan").status_code == 303
        assert standing(acme) == ("active", "free")
