"""What the tests of workflows share: a way to make them, and one of Acme's with two steps."""

from collections.abc import Callable, Sequence
from uuid import UUID

import pytest

from saas.core.actor import SYSTEM
from saas.modules.workflows.operations import Draft, StepDraft, create_workflow, start_run
from saas.modules.workflows.queries import get_workflow
from saas.tenancy.scope import tenant_work
from tests.cast import Organisation

TRANSFORM = StepDraft("transform", "Add tax", {"expression": "order.total * 1.2"})
ASK = StepDraft("ai_prompt", "Summarise", {"model": "swift", "prompt": "Summarise the order."})
LOST = StepDraft("http_request", "Call nobody", {"method": "GET", "url": "https://nobody.invalid/"})

Make = Callable[..., UUID]


@pytest.fixture
def make() -> Make:
    """Make a workflow in an organisation: ``make(acme, "Orders", steps=[TRANSFORM])`` gives its id."""

    def make_workflow(
        where: Organisation, name: str, *, steps: Sequence[StepDraft] = (TRANSFORM,), status: str = "active"
    ) -> UUID:
        with tenant_work(where):
            return create_workflow(Draft(name, f"About {name}", status, steps), actor=SYSTEM).id

    return make_workflow


@pytest.fixture
def run(run_jobs: Callable[[], None]) -> Make:
    """Run a workflow to its end: ``run(acme, workflow_id)`` gives the run's id."""

    def run_workflow(where: Organisation, workflow_id: UUID) -> UUID:
        with tenant_work(where):
            run_id = start_run(get_workflow(workflow_id), actor=SYSTEM).id
        run_jobs()
        return run_id

    return run_workflow
