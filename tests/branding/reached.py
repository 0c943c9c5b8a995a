"""Pages that own CSS reaches, filled with data, and what they hold."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from html.parser import HTMLParser

from flask import Flask

from saas.core.actor import SYSTEM
from saas.core.clock import ago
from saas.modules.streams.operations import Draft as StreamDraft
from saas.modules.streams.operations import create_stream, start_stream
from saas.modules.workflows.operations import Draft, StepDraft, create_workflow, start_run
from saas.tenancy.scope import tenant_work
from saas.usage.operations.consuming import consume
from saas.usage.operations.rolling import rebuild
from saas.web.pages import PER_PAGE
from tests.cast import Organisation
from tests.house.objects import Objects
from tests.support import Browser

ADD = StepDraft("transform", "Add tax", {"expression": "order.total * 1.2"})
ASK = StepDraft("ai_prompt", "Summarise", {"model": "swift", "prompt": "Summarise the order."})


class Held(HTMLParser):
    """The classes of a page by whether own CSS reaches them, and the elements that it reaches, as selectors."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.inside, self.shield, self.depth = False, "", 0
        self.reached, self.others, self.elements = set[str](), set[str](), set[str]()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = set((dict(attrs).get("class") or "").split())
        if self.inside and not self.shield and "brand-protected" in names:
            self.shield = tag
        self.depth += tag == self.shield
        is_reached = self.inside and not self.shield
        (self.reached if is_reached else self.others).update(names)
        self.elements.update({tag} if is_reached else ())
        self.inside = self.inside or "brandable" in names

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag == self.shield
        self.shield = self.shield if self.depth else ""
        self.inside = self.inside and tag != "main"


def fill(organisation: Organisation, run_jobs: Callable[[], None]) -> list[str]:
    """Give an organisation lists of several pages, a stream on air, usage that grew; addresses that show more of it."""
    with tenant_work(organisation):
        for number in range(PER_PAGE):
            create_workflow(Draft(f"Plan {number}", "", "draft", (ASK,)), actor=SYSTEM)
        run = start_run(create_workflow(Draft("Orders", "", "active", (ADD, ASK)), actor=SYSTEM), actor=SYSTEM)
        stream = create_stream(StreamDraft("News", ""), actor=SYSTEM)
        start_stream(stream, actor=SYSTEM)
        with ago(timedelta(days=40)):
            consume("workflow_runs", 1, actor=SYSTEM)
        consume("workflow_runs", 2, actor=SYSTEM)
    run_jobs()
    with tenant_work(organisation):
        rebuild(actor=SYSTEM)
    person = organisation.people["Alice"].id
    return [
        f"/workflows/{run.workflow_id}/runs/{run.id}",
        f"/streams/{stream.id}",
        f"/usage/events?person={person}",
        "/usage/analytics?meter=workflow_runs",
    ]


def brandable_pages(app: Flask, browser: Browser, objects: Objects) -> Iterator[str]:
    """Every page that own CSS reaches, by the rules of their addresses."""
    for rule in app.url_map.iter_rules():
        is_listed = rule.endpoint.split(".")[0] in app.config["BRANDABLE"] and rule.subdomain == "tenant"
        if is_listed and "GET" in (rule.methods or ()):
            built = rule.build(objects.named_in(rule), append_unknown=False)
            answer = browser.get(built[1] if built else "")
            if answer.mimetype == "text/html" and " brandable" in answer.text:
                yield answer.text
