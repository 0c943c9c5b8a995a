"""Workflows in the access table: the rows of their endpoints, and how the objects in their addresses are made."""

from uuid import UUID

from saas.core.actor import SYSTEM
from saas.modules.workflows.operations import Draft, StepDraft, create_workflow, start_run
from saas.modules.workflows.queries import get_workflow
from saas.tenancy.scope import tenant_work
from tests.house.objects import Objects, makes

STEP = StepDraft("notify", "Whisper", {"channel": "email", "message": "The vault is open."})

ROWS = """
workflows.delete POST workflows.delete 303
workflows.duplicate POST workflows.edit 303
workflows.edit GET workflows.edit 200
workflows.edit POST workflows.edit 422
workflows.export GET workflows.view 200
workflows.index GET workflows.view 200
workflows.new GET workflows.edit 200
workflows.new POST workflows.edit 422
workflows.show GET workflows.view 200
workflows.show_run GET workflows.view 200
workflows.start_run POST workflows.run 303
workflows_api.index GET workflows.view 200
workflows_api.show_run GET workflows.view 200
workflows_api.start_run POST workflows.run 202
"""


@makes("workflow_id")
def workflow(objects: Objects) -> str:
    with tenant_work(objects.organisation):
        return str(create_workflow(Draft("Secret plan", "Hidden words", "active", (STEP,)), actor=SYSTEM).id)


@makes("run_id")
def run(objects: Objects) -> str:
    workflow_id = objects["workflow_id"]
    with tenant_work(objects.organisation):
        return str(start_run(get_workflow(UUID(workflow_id)), actor=SYSTEM).id)
