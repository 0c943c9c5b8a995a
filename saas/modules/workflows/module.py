"""Workflows: what the feature declares."""

from saas.core.module import EVERYONE, MEMBERS, AuditEvent, Milestone, Module, NavItem, Permission

VIEW = Permission(
    "workflows.view",
    "See workflows and their runs",
    EVERYONE,
    "All workflows with their steps, and how each run went.",
)
EDIT = Permission(
    "workflows.edit",
    "Make and change workflows",
    MEMBERS,
    "Make workflows, copy them, change their steps, pause them and set them to active.",
)
RUN = Permission("workflows.run", "Run workflows", MEMBERS, "Start runs of workflows that are not paused.")
DELETE = Permission("workflows.delete", "Delete workflows", sentence="Delete workflows with all of their runs.")

CREATED = AuditEvent("workflows.workflow.created", "made the workflow {target}")
CHANGED = AuditEvent("workflows.workflow.changed", "changed the workflow {target}")
DUPLICATED = AuditEvent("workflows.workflow.duplicated", "made the workflow {target} as a copy")
DELETED = AuditEvent("workflows.workflow.deleted", "deleted the workflow {target}")
RUN_STARTED = AuditEvent("workflows.run.started", "started a run of {target}")
RUN_FINISHED = AuditEvent("workflows.run.finished", "ended a run of {target}")

FIRST_RUN = Milestone(
    "workflows.first_run",
    "Your first workflow has run",
    "From now on, recurring work can take care of itself: add steps to this workflow, or make the next one.",
    "/workflows",
    "Open workflows",
)

module = Module(
    "workflows",
    label="Workflows",
    permissions=(VIEW, EDIT, RUN, DELETE),
    events=(CREATED, CHANGED, DUPLICATED, DELETED, RUN_STARTED, RUN_FINISHED),
    milestones=(FIRST_RUN,),
    navigation=(NavItem("Workflows", "workflows.index", "git-branch", VIEW, order=20),),
    meters=("workflows", "workflow_runs", "ai_requests", "ai_tokens"),
    sentence="Recurring work in steps, some of them done by language models, run whenever it is needed.",
)
