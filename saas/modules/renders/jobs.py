"""What renders do later."""

from uuid import UUID

from saas.core.jobs import job
from saas.modules.renders.operations import RENDER_JOB, take_step


@job(RENDER_JOB)
def work(*, render_id: str) -> None:
    """Carry a render one step further."""
    take_step(UUID(render_id))
