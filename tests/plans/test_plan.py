"""The organisation's own plan: what it has, what others have instead, moving to them and asking for them."""

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest

from saas.core.actor import SYSTEM
from saas.core.clock import now
from saas.core.errors import Conflict, Invalid, NotAllowed
from saas.core.runtime import settings
from saas.plans.operations import ask_for_plan, change_plan
from saas.plans.trials import OVER
from saas.plans.ways import way_to
from saas.tenancy.models import Status, Tenant
from saas.tenancy.scope import platform_work, tenant_scope, tenant_work
from saas.usage.operations.consuming import consume
from tests.log import news, operators_log
from tests.plans.conftest import plan_of, sold_as
from tests.support import statements_sent


def text_of(page: str) -> str:
    """What a page says, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


class TestPage:
    def test_it_tells_what_the_organisation_has_and_uses(self, on_plan, browse):
        pro = on_plan("pro")
        with tenant_work(pro):
            consume("images", 4, actor=SYSTEM)
        said = text_of(browse(pro, "Vera").get("/plan").text)
        assert "Pro" in said
        assert "€29 a month" in said
        assert "4 of 10 images included" in said

    def test_it_tells_what_would_not_fit_by_name(self, on_plan, browse):
        pro = on_plan("pro")
        with tenant_work(pro):
            consume("images", 9, actor=SYSTEM)
            consume("storage", 3, actor=SYSTEM)
        said = text_of(browse(pro, "Alice").get("/plan").text)
        assert "People: 4 people, this plan has 2 people" in said
        assert "Images: 9 images used this month, this plan has 5 images" in said
        assert "Storage: 3 GB, this plan has 1 GB" in said
        assert "Nothing is deleted" in said

    def test_what_was_agreed_on_beside_the_plan_stays(self, on_plan, browse):
        pro = on_plan("pro")
        assert "this plan has 2 people" in text_of(browse(pro, "Alice").get("/plan").text)
        with platform_work() as session:
            session.get_one(Tenant, pro.id).overrides = {"limits": {"users": 10}, "features": {"sso": True}}
        said = text_of(browse(pro, "Alice").get("/plan").text)
        assert "this plan has 2 people" not in said
        assert "agreed on beside the plan" in said
        assert "without Single sign-on" not in said
        assert "without API access" in said

    def test_it_tells_what_is_locked_and_which_plans_have_it(self, on_plan, browse):
        said = text_of(browse(on_plan("pro"), "Vera").get("/plan").text)
        assert "Single sign-on Trial, Enterprise" in said
        said = text_of(browse(on_plan("enterprise"), "Vera").get("/plan").text)
        assert "What your plan does not have" not in said

    def test_who_is_suspended_sees_what_it_has_all_the_same(self, on_plan, browse, saas):
        pro = on_plan("enterprise")
        saas("tenants", "suspend", pro.slug, "--reason", "Two invoices have not been paid.")
        page = browse(pro, "Alice").get("/plan")
        assert page.status_code == 200
        assert "What your plan does not have" not in page.text

    def test_it_tells_which_terms_are_kept(self, on_plan, browse):
        pro = on_plan("pro")
        assert "You keep" not in browse(pro, "Vera").get("/plan").text
        with sold_as("pro", month=Decimal(39), features=("api", "sso"), included={"images": 20, "storage": 5}):
            said = text_of(browse(pro, "Vera").get("/plan").text)
            assert re.search(r"You keep the terms of \d+ [A-Z][a-z]+ \d{4} ", said)
            assert "Price for a month €29.00 €39.00" in said
            assert "Single sign-on no yes" in said
            assert "Images 10 images a month included, then €0.05 per image 20 images a month included" in said
            assert "Price for a year" not in said

    def test_a_plan_that_is_sold_no_more_is_kept(self, on_plan, browse):
        assert "€0" in text_of(browse(on_plan("internal"), "Vera").get("/plan").text)
        assert "Internal" in text_of(browse(on_plan("internal"), "Vera").get("/plan").text)

    def test_the_days_of_a_trial_are_counted(self, acme, browse):
        assert "Trial, 14 days left" in browse(acme, "Vera").get("/plan").text
        with platform_work() as session:
            session.get_one(Tenant, acme.id).trial_ends_at = now() + timedelta(hours=3)
        assert "Trial, 1 day left" in browse(acme, "Vera").get("/plan").text
        with platform_work() as session:
            session.get_one(Tenant, acme.id).trial_ends_at = now() - timedelta(hours=3)
        assert "Trial ended" in browse(acme, "Vera").get("/plan").text

    def test_who_has_to_choose_a_plan_hears_until_when(self, acme, browse):
        with platform_work() as session:
            tenant = session.get_one(Tenant, acme.id)
            tenant.status, tenant.status_at = Status.PAST_DUE, now()
            tenant.status_reason = "A payment failed."
        assert "Your trial has ended" not in browse(acme, "Vera").get("/plan").text
        with platform_work() as session:
            session.get_one(Tenant, acme.id).config = {OVER: True}
        last = now() + timedelta(days=settings().auto_suspend_days)
        said = text_of(browse(acme, "Vera").get("/plan").text)
        assert f"Without one Acme is closed to everybody on {last.day} {last:%B %Y}" in said

    def test_buttons_are_for_who_may_change_the_plan(self, on_plan, browse):
        pro = on_plan("pro")
        seen, unseen = (browse(pro, person).get("/plan").text for person in ("Adam", "Bob"))
        assert "Move to Free" in seen
        assert "Ask for this plan" in seen
        assert "Move to Free" not in unseen
        assert "Ask for this plan" not in unseen
        assert "An owner or admin of Acme can change the plan." in unseen

    def test_it_costs_as_many_statements_whatever_is_used(self, on_plan, browse):
        pro = on_plan("pro")
        browser = browse(pro, "Alice")
        browser.get("/plan")
        with statements_sent() as few:
            browser.get("/plan")
        with tenant_work(pro):
            for meter in ("images", "api_calls", "storage"):
                consume(meter, 1, actor=SYSTEM)
        with statements_sent() as many:
            browser.get("/plan")
        assert len(many) == len(few) <= 9, "\n".join(many)

    def test_the_home_leads_to_it(self, on_plan, browse):
        page = browse(on_plan("pro"), "Vera").get("/").text
        assert '<a href="/plan">Plan</a>' in page
        assert '<p class="stat-value">Pro</p>' in page


class TestMoving:
    def test_a_free_plan_is_there_at_once(self, on_plan, browse):
        pro = on_plan("pro")
        browser = browse(pro, "Adam")
        with news(pro) as told:
            answer = browser.post("/plan/change", {"plan": "free"}, page="/plan")
        assert answer.status_code == 303
        assert "Acme is on Free now." in browser.follow(answer).text
        assert plan_of(pro) == "free"
        assert told.only.event == "plans.plan.changed"
        assert told.only.changes["plan"] == ["pro", "free"]
        assert operators_log(pro.id, "tenancy.tenant.plan_changed")[-1].changes["plan"] == ["pro", "free"]

    def test_during_a_trial_any_plan_with_a_price_can_be_tried(self, on_plan):
        acme = on_plan("trial", trying=True)
        with tenant_work(acme):
            change_plan("pro", actor=SYSTEM)
        assert plan_of(acme) == "pro"
        with tenant_work(acme):
            change_plan("trial", actor=SYSTEM)
        assert plan_of(acme) == "trial"

    @pytest.mark.parametrize(
        ("plan", "why"),
        [
            ("trial", "Ask us for it"),
            ("pro", "your plan already"),
            ("enterprise", "agreed on"),
            ("internal", "cannot be chosen"),
        ],
    )
    def test_others_cannot_be_taken(self, on_plan, browse, plan, why):
        pro = on_plan("pro")
        with tenant_work(pro), pytest.raises(Conflict, match=why):
            change_plan(plan, actor=SYSTEM)
        browser = browse(pro, "Adam")
        answer = browser.post("/plan/change", {"plan": plan}, page="/plan")
        assert why in browser.follow(answer).text
        assert plan_of(pro) == "pro"

    def test_after_the_trial_a_plan_with_a_price_is_asked_for(self, on_plan):
        acme = on_plan("trial", trying=True)
        with tenant_scope(acme):
            assert way_to("pro") == "switch"
        with platform_work() as session:
            session.get_one(Tenant, acme.id).trial_ends_at = now() - timedelta(seconds=1)
        with tenant_scope(acme):
            assert way_to("pro") == "ask"
        with tenant_work(acme), pytest.raises(Conflict):
            change_plan("pro", actor=SYSTEM)

    def test_whoever_tries_cannot_take_what_is_agreed_on_or_hidden(self, on_plan):
        acme = on_plan("trial", trying=True)
        for plan in ("enterprise", "internal"):
            with tenant_work(acme), pytest.raises(Conflict):
                change_plan(plan, actor=SYSTEM)
        with tenant_work(acme), pytest.raises(Invalid):
            change_plan("gold", actor=SYSTEM)

    def test_todays_terms_of_a_free_plan_can_be_taken(self, on_plan):
        free = on_plan("free")
        with tenant_work(free), pytest.raises(Conflict, match="already"):
            change_plan("free", actor=SYSTEM)
        with sold_as("free", features=("api",)), tenant_work(free):
            change_plan("free", actor=SYSTEM)
        with platform_work() as session:
            assert session.get_one(Tenant, free.id).status == Status.ACTIVE

    def test_only_who_may_moves(self, on_plan, browse):
        pro = on_plan("pro")
        assert browse(pro, "Bob").post("/plan/change", {"plan": "free"}, page="/plan").status_code == 403
        assert plan_of(pro) == "pro"
        assert browse(pro, "Adam").post("/plan/change", {"plan": "free"}, page="/plan").status_code == 303
        assert plan_of(pro) == "free"


class TestAsking:
    @pytest.mark.parametrize(("plan", "label"), [("trial", "Trial"), ("enterprise", "Enterprise")])
    def test_we_hear_of_it_with_whom_to_answer(self, on_plan, browse, mailbox, plan, label):
        pro = on_plan("pro")
        browser = browse(pro, "Adam")
        wish = {"plan": plan, "message": "Ninety people.\n<b>Soon</b>, please."}
        with news(pro) as told:
            answer = browser.post("/plan/ask", wish, page=f"/plan/ask?plan={plan}")
        assert f"We have your wish for {label}" in browser.follow(answer).text
        assert told.only.event == "plans.plan.wanted"
        assert told.only.target_label == label
        mail = mailbox.text("support@example.com")
        told_us = ("People: 4", "Ninety people.", "<b>Soon</b>, please.")
        for word in (f"Acme asks for {label}", pro.email("Adam"), pro.host, "Plan now: Pro", *told_us):
            assert word in mail
        assert plan_of(pro) == "pro"

    @pytest.mark.parametrize(
        ("message", "fault"), [("", "in a few words"), ("   ", "in a few words"), ("x" * 2001, "at most 2000")]
    )
    def test_what_is_agreed_on_takes_words_and_keeps_them_where_they_are_wrong(self, on_plan, browse, message, fault):
        browser = browse(on_plan("pro"), "Adam")
        assert "Tell us what you need" in browser.get("/plan").text
        answer = browser.post("/plan/ask", {"plan": "enterprise", "message": message}, page="/plan/ask?plan=enterprise")
        assert answer.status_code == 422
        assert fault in answer.text
        assert message.strip() in answer.text

    def test_what_can_be_taken_or_nobody_can_have_is_not_asked_for(self, on_plan, mailbox):
        pro = on_plan("pro")
        for plan in ("free", "pro", "internal"):
            with tenant_work(pro), pytest.raises(Conflict):
                ask_for_plan(plan, actor=SYSTEM)
        with tenant_work(pro), pytest.raises(Invalid):
            ask_for_plan("gold", actor=SYSTEM)
        assert mailbox.messages("support@example.com") == []

    def test_only_who_may_asks(self, on_plan, browse):
        pro = on_plan("pro")
        assert browse(pro, "Bob").post("/plan/ask", {"plan": "trial"}, page="/plan").status_code == 403
        assert browse(pro, "Alice").post("/plan/ask", {"plan": "trial"}, page="/plan").status_code == 303

    def test_operations_ask_for_the_permission_themselves(self, on_plan):
        pro = on_plan("pro")
        nobody = SYSTEM.__class__("member", "Bob", pro.people["Bob"].id)
        for operation in (change_plan, ask_for_plan):
            with tenant_work(pro), pytest.raises(NotAllowed):
                operation("free", actor=nobody)
