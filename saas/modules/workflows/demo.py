"""Workflows and runs to show, made from a seed; the same seed makes the same ones, up to the day it is called."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from saas.core.clock import ago, now
from saas.core.database import db
from saas.members.demo import actor_of
from saas.modules.workflows.metering import uses_of
from saas.modules.workflows.models import AiRequest, Workflow, WorkflowRun
from saas.modules.workflows.operations import Draft, StepDraft, create_workflow
from saas.modules.workflows.running import advance, plan_run
from saas.tenancy.entitlements import entitlements
from saas.usage.operations.trying import use_together
from saas.usage.uses import Use

OFFICE_HOURS = range(7, 20)
WEEKEND = (5, 6)


def _http(name: str, method: str, url: str) -> StepDraft:
    return StepDraft("http_request", name, {"method": method, "url": url})


def _ask(name: str, model: str, prompt: str) -> StepDraft:
    return StepDraft("ai_prompt", name, {"model": model, "prompt": prompt})


def _work_out(name: str, expression: str) -> StepDraft:
    return StepDraft("transform", name, {"expression": expression})


def _if_over(name: str, subject: str, value: str) -> StepDraft:
    return StepDraft("condition", name, {"subject": subject, "operator": "over", "value": value})


def _tell(name: str, channel: str, message: str) -> StepDraft:
    return StepDraft("notify", name, {"channel": channel, "message": message})


ORDERS = (
    _http("Fetch the order", "GET", "https://shop.example.com/api/orders/latest"),
    _if_over("Only large orders", "order.total", "500"),
    _tell("Tell the sales team", "chat", "A large order has come in."),
)
TICKETS = (
    _http("Fetch the ticket", "GET", "https://desk.example.com/tickets/next"),
    _ask("Find the topic", "swift", "Name the topic of this ticket in one word."),
    _ask("Write a first answer", "steady", "Answer this ticket politely in three sentences."),
    _http("Store the answer", "POST", "https://desk.example.com/tickets/answers"),
    _tell("Tell the agent", "email", "A ticket waits for you."),
)
DIGEST = (
    _http("Collect the figures", "GET", "https://metrics.example.com/week"),
    _work_out("Compare with last week", "week.total / previous.total - 1"),
    _ask("Write the digest", "deep", "Write a short digest of these figures."),
    _tell("Send it", "email", "Here is how last week went."),
)
PRICES = (
    _http("Fetch the prices", "GET", "https://suppliers.example.com/prices"),
    _work_out("Keep what changed", "prices where price != previous"),
)
WELCOME = (_tell("Say hello", "email", "Welcome! Here is how to begin."),)
WORKFLOWS = (
    (Draft("Greet large orders", "Tells sales about orders worth a call.", "active", ORDERS), 6),
    (Draft("Answer support tickets", "Reads each new ticket and drafts an answer.", "active", TICKETS), 9),
    (Draft("Weekly digest", "Sums up the week for the whole team.", "active", DIGEST), 2),
    (Draft("Check suppliers’ prices", "Looks for prices that changed overnight.", "paused", PRICES), 1),
    (Draft("Welcome new customers", "An idea for the spring campaign.", "draft", WELCOME), 0),
)
"""What there is, each with the runs it has on a usual working day."""


def fill(*, seed: int, people: Sequence[UUID], days: int) -> None:
    """Fill the tenant in scope, once: its people (ids of accounts) run the workflows over the last days."""
    if not entitlements().uses_module("workflows"):
        return
    random = Random(seed)  # noqa: S311 (nothing secret comes of it)
    until = now()
    since = until - timedelta(days=days)
    uses: list[Use] = []
    for draft, usual in WORKFLOWS:
        with ago(timedelta(days=days)):
            workflow = create_workflow(draft, actor=actor_of(people[0]))
            db.session.flush()
        workflow.updated_at = since + (until - since) * random.random()
        for at in _moments(random, since, until, usual):
            run, asked = _finished_run(random, workflow, random.choice(people), at)
            db.session.add_all([run, *asked])
            uses += uses_of(run, asked)
    db.session.flush()
    for person in people:
        use_together([use for use in uses if use.user_id == person], actor=actor_of(person))


def _moments(random: Random, since: datetime, until: datetime, usual: int) -> Iterator[datetime]:
    """When runs begin: more as time goes by, few at weekends, all in office hours."""
    days = (until - since).days
    for number in range(days + 1):
        day = (since + timedelta(days=number)).replace(hour=0, minute=0, second=0, microsecond=0)
        busy = (0.6 + 0.8 * number / max(days, 1)) * (0.2 if day.weekday() in WEEKEND else 1)
        for _ in range(round(usual * busy * random.uniform(0.4, 1.6))):
            at = day + timedelta(hours=random.choice(OFFICE_HOURS), seconds=random.randrange(3600))
            if since <= at <= until - timedelta(minutes=1):  # by then it has ended
                yield at


def _finished_run(
    random: Random, workflow: Workflow, person: UUID, at: datetime
) -> tuple[WorkflowRun, list[AiRequest]]:
    run = plan_run(workflow, started_by_id=person, at=at)
    run.id = UUID(int=random.getrandbits(128), version=4)
    asked: list[AiRequest] = []
    while not run.finished_at:
        asked += advance(run, at=at + timedelta(milliseconds=run.duration_ms))
    run.finished_at = at + timedelta(milliseconds=run.duration_ms)
    return run, asked
