"""The parts of the product: switched on and off for everybody, with their data kept."""

import pytest

from saas.core.actor import SYSTEM
from saas.core.errors import Conflict, Invalid
from saas.core.runtime import runtime
from saas.modules.renders.operations import order_render
from saas.modules.streams.operations import Draft as StreamDraft
from saas.modules.streams.operations import create_stream, end_stream, start_stream
from saas.modules.workflows.operations import Draft, StepDraft, create_workflow, start_run
from saas.plans.operations import modules_version, set_modules
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.log import news
from tests.plans.conftest import sold_as
from tests.support import Browser


def choose(browser: Browser, *modules: str) -> int:
    """Send the form as its page has it, with these parts switched on."""
    page = browser.get("/settings/modules").text
    seen = page.partition('name="seen" value="')[2].partition('"')[0]
    return browser.post("/settings/modules", {"seen": seen, "modules": list(modules)}).status_code


class TestSwitching:
    def test_what_is_switched_off_is_gone_for_everybody_and_comes_back_as_it_was(self, acme, browse):
        with tenant_work(acme):
            create_workflow(Draft("Orders"), actor=SYSTEM)
        admin, bob = browse(acme, "Adam"), browse(acme, "Bob")
        assert bob.get("/workflows").status_code == 200
        with news(acme) as told:
            assert choose(admin) == 303
        assert told.only.event == "plans.modules.changed"
        assert told.only.changes["Workflows"] == ["on", "off"]
        assert bob.get("/workflows").status_code == 402
        assert 'href="/workflows"' not in bob.get("/").text
        assert choose(admin, "workflows") == 303
        assert "Orders" in bob.get("/workflows").text

    def test_the_page_shows_what_is_on(self, acme, browse):
        browser = browse(acme, "Adam")
        assert 'value="workflows" autocomplete="off" checked' in browser.get("/settings/modules").text
        choose(browser)
        page = browser.get("/settings/modules").text
        assert 'value="workflows" autocomplete="off"' in page
        assert 'value="workflows" autocomplete="off" checked' not in page
        assert "its data stay" in page

    def test_what_is_under_way_is_ended_first(self, acme, browse):
        admin, rest = browse(acme, "Adam"), [name for name in runtime().registry.products if name != "streams"]
        with tenant_work(acme):
            stream = create_stream(StreamDraft("News"), actor=SYSTEM)
            start_stream(stream, actor=SYSTEM)
        page = admin.get("/settings/modules").text
        seen = page.partition('name="seen" value="')[2].partition('"')[0]
        refused = admin.post("/settings/modules", {"seen": seen, "modules": rest})
        assert refused.status_code == 409
        assert "Streams: 1 is under way. End it first." in refused.text
        with tenant_work(acme):
            end_stream(stream, actor=SYSTEM)
        assert choose(admin, *rest) == 303
        assert browse(acme, "Bob").get("/streams").status_code == 402

    def test_each_kind_of_work_that_goes_on_by_itself_is_counted(self, acme):
        underway = runtime().registry.underway
        assert set(underway) == {"renders", "strategies", "streams", "workflows"}
        with tenant_work(acme):
            assert {count() for count in underway.values()} == {0}
            order_render("image", {"prompt": "A harbour", "size": "square", "number": 1}, actor=SYSTEM)
            steps = [StepDraft("transform", "Add up", {"expression": "1 + 1"})]
            start_run(create_workflow(Draft("Orders", steps=steps), actor=SYSTEM), actor=SYSTEM)
            assert (underway["renders"](), underway["workflows"]()) == (1, 1)

    def test_saving_the_same_records_nothing(self, acme, browse):
        browser = browse(acme, "Adam")
        with news(acme) as told:
            assert choose(browser, *runtime().registry.products) == 303
        assert told.events == []

    def test_what_the_plan_does_not_hold_is_shown_as_locked(self, on_plan, browse):
        acme = on_plan("trial")
        assert "Not in your plan" not in browse(acme, "Adam").get("/settings/modules").text
        with sold_as("free", modules=()):
            page = browse(on_plan("free"), "Adam").get("/settings/modules").text
        assert "Not in your plan" in page
        assert "Trial, Pro, Enterprise" in page
        assert "Save choice" not in page

    def test_others_changes_are_not_lost(self, acme, browse):
        browser = browse(acme, "Adam")
        browser.get("/settings/modules")
        answer = browser.post("/settings/modules", {"seen": "former", "modules": []})
        assert answer.status_code == 409
        assert browser.post("/settings/modules").status_code == 409
        assert "Somebody changed this" in answer.text
        assert browse(acme, "Bob").get("/workflows").status_code == 200

    def test_unknown_parts_are_refused(self, acme):
        with tenant_scope(acme):
            version = modules_version()
            with pytest.raises(Invalid):
                set_modules(["workflows", "nonsense"], version=version, actor=SYSTEM)
            with pytest.raises(Conflict):
                set_modules([], version="former", actor=SYSTEM)

    def test_only_who_may_chooses(self, acme, browse):
        assert browse(acme, "Bob").get("/settings/modules").status_code == 403
        assert browse(acme, "Bob").post("/settings/modules", page="/usage").status_code == 403
        assert browse(acme, "Adam").get("/settings/modules").status_code == 200
        assert '"/settings/modules"' in browse(acme, "Adam").get("/settings").text
