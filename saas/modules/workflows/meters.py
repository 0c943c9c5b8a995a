"""What stands of workflows, by the meter that counts it, and what is under way: runs that have not ended."""

from saas.modules.workflows.queries import count_runs_at_work, count_workflows

standing = {"workflows": count_workflows}
underway = count_runs_at_work
