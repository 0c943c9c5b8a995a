"""What stands of workflows, by the meter that counts it."""

from saas.modules.workflows.queries import count_workflows

standing = {"workflows": count_workflows}
