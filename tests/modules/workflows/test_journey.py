"""The journey through Auterity's catalogue: what a Starter can do, where it ends, and what use costs."""

from decimal import Decimal

import pytest

from saas.core.actor import SYSTEM
from saas.modules.workflows.operations import Draft, StepDraft, create_workflow
from saas.modules.workflows.queries import find_runs
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.cast import Organisation, found
from tests.modules.selling import events, figure, give, use
from tests.modules.workflows.conftest import ASK, TRANSFORM
from tests.support import sold


@pytest.fixture
def starter(app):
    """An organisation that has just come to Auterity, on its first plan."""
    with sold("auterity"):
        yield found("Clockwork", owner="Alice", people={"Bob": "member"})


def workflow(where: Organisation, name: str, *steps: StepDraft) -> str:
    with tenant_work(where):
        return str(create_workflow(Draft(name, status="active", steps=steps), actor=SYSTEM).id)


def test_the_hundredth_workflow_is_the_last_until_professional(starter, browse):
    for number in range(99):
        workflow(starter, f"Flow {number}")
    bob = browse(starter, "Bob")
    made = bob.post("/workflows/new", {"name": "Flow 100", "status": "draft"})
    assert made.status_code == 303
    last = made.headers["Location"]
    refused = bob.post("/workflows/new", {"name": "Flow 101", "status": "draft"})
    assert refused.status_code == 402
    assert "Your plan has 100 workflows; 100 workflows are in use. Professional," in refused.text
    assert "Compare plans" in refused.text
    assert bob.post(f"{last}/duplicate").status_code == 402
    assert figure(starter, "workflows").used == 100
    give(starter, "professional")
    assert bob.post("/workflows/new", {"name": "Flow 101", "status": "draft"}).status_code == 303
    assert figure(starter, "workflows").limit is None


def test_ai_requests_end_at_ten_thousand_a_month(starter, browse, run_jobs):
    asking, plain = workflow(starter, "Asking", ASK), workflow(starter, "Plain", TRANSFORM)
    use(starter, "ai_requests", 9_999)
    bob = browse(starter, "Bob")
    for _ in range(3):  # all three may begin, one at most gets what is left
        assert bob.post(f"/workflows/{asking}/runs", page="/workflows").status_code == 303
    run_jobs()
    with tenant_scope(starter) as session:
        runs = session.scalars(find_runs(asking)).all()
    stopped = [run for run in runs if run.message.startswith("Your plan has 10,000 requests a month;")]
    assert len(stopped) >= 2
    assert {run.ai_requests for run in stopped} == {0}
    page = bob.get(f"/workflows/{asking}/runs/{stopped[0].id}").text
    assert "10,000 requests are in use. " in page or "9,999 requests are in use. This needs " in page
    assert "Professional, Enterprise," in page
    if left := 10_000 - figure(starter, "ai_requests").used:
        use(starter, "ai_requests", left)
    assert figure(starter, "ai_requests").used == 10_000
    refused = bob.post(f"/workflows/{asking}/runs")
    assert refused.status_code == 402
    assert "Professional" in refused.text
    assert bob.post(f"/workflows/{plain}/runs").status_code == 303
    give(starter, "professional")
    assert bob.post(f"/workflows/{asking}/runs").status_code == 303


def test_runs_cost_by_their_complexity(starter, browse, run_jobs):
    """Four simple, two medium, one complex: 4 × 0.01 + 2 × 0.03 + 1 × 0.08 = 0.18."""
    bob = browse(starter, "Bob")
    for name, steps, times in (("Simple", 4, 4), ("Medium", 5, 2), ("Complex", 11, 1)):
        workflow_id = workflow(starter, name, *[TRANSFORM] * steps)
        for _ in range(times):
            assert bob.post(f"/workflows/{workflow_id}/runs", page="/workflows").status_code == 303
    run_jobs()
    counted = [event.dimension for event in events(starter, "workflow_runs")]
    assert {word: counted.count(word) for word in set(counted)} == {"simple": 4, "medium": 2, "complex": 1}
    assert figure(starter, "workflow_runs").cost == Decimal("0.18")


def test_tokens_cost_by_model(starter, browse, run_jobs):
    """A million of swift 0.60, a quarter of steady 1.00, a tenth of deep 1.20: 2.80; and what a run asks, by the token."""
    for model, tokens in (("swift", 1_000_000), ("steady", 250_000), ("deep", 100_000)):
        use(starter, "ai_tokens", tokens, dimension=model)
    assert [event.cost for event in events(starter, "ai_tokens")] == [Decimal("0.6"), Decimal("1"), Decimal("1.2")]
    assert figure(starter, "ai_tokens").cost == Decimal("2.80")
    asking = workflow(starter, "Asking", ASK)
    browse(starter, "Bob").post(f"/workflows/{asking}/runs", page="/workflows")
    run_jobs()
    asked = events(starter, "ai_tokens")[3:]
    assert [event.cost for event in asked] == [event.quantity * Decimal("0.0000006") for event in asked]
    assert asked
