"""What workflows do later."""

from uuid import UUID

from saas.core.jobs import job
from saas.modules.workflows.operations import RUN_JOB, take_step


@job(RUN_JOB)
def run(*, run_id: str) -> None:
    """Carry a run one step further."""
    take_step(UUID(run_id))
