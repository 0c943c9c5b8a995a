"""Every operation records what it did: one event, which its feature declares and which is worded for people."""

import ast
import re
from collections.abc import Callable
from functools import cache
from importlib import import_module

import pytest
from flask import Flask

from saas.accounts.models import User
from saas.accounts.operations import update_profile, users
from saas.core.actor import SYSTEM
from saas.core.database import db
from saas.core.module import AuditEvent
from saas.core.runtime import runtime
from saas.modules.workflows import operations as workflows
from saas.modules.workflows.operations import Draft, change_workflow, create_workflow
from saas.modules.workflows.queries import get_workflow
from saas.organisations import operations as organisations
from saas.organisations.operations import change_profile
from saas.tenancy import recording
from saas.tenancy.scope import tenant_work
from tests.cast import Organisation
from tests.house.calls import Function, Source, Sources
from tests.support import statements_sent

RECORDERS = ("saas.core.audit.record", "saas.core.audit.values_of", "saas.tenancy.recording.record_about")
EDGES = ("routes", "api", "cli", "jobs", "forms", "queries", "web", "scaffold", "sandbox")

RECORDED_WITH = ("saas.core.audit", "saas.tenancy.recording")
"""No operations, but what operations record with."""
ONLY_LOOK = ("_", "check_", "look_")
"""How functions begin that change nothing, and those that are a part of others."""

EXCEPTIONS = {
    "saas.billing.operations.changing.quote_change": "asks what a change costs and changes nothing",
    "saas.billing.operations.requests.write_request": "a part of what is asked of Stripe: whoever calls records it",
    "saas.members.operations.joining.ask_to_join": "anybody can ask with any address: who proves theirs is told of",
    "saas.usage.operations.consuming.consume": "each use is an event of its own, with who, when and what for",
    "saas.usage.operations.consuming.give_back": "an event of its own, below zero",
    "saas.usage.operations.consuming.record_use": "each use is an event of its own, with who, when and what for",
    "saas.usage.operations.trying.try_to_use": "each use is an event of its own, with who, when and what for",
    "saas.usage.operations.trying.use_together": "each use is an event of its own, with who, when and what for",
    "saas.usage.operations.ingesting.ingest": "each use is an event of its own, with who, when and what for",
    "saas.members.operations.people.bring_back": "a part of joining: whoever calls records who came back, and how",
}
"""Functions with an actor that record nothing, each with the reason."""

WRITERS = ("sqlalchemy.update", "sqlalchemy.delete", "sqlalchemy.insert", "sqlalchemy.dialects.postgresql.insert")
WITHOUT_ACTOR = {
    "saas.branding.operations.forget_versions": "what was published stands in the log for as long as it is kept",
    "saas.branding.operations.refresh_look": "keeps what follows from a version, whose publishing is recorded",
    "saas.branding.operations.tidy_pictures": "forgets pictures that were never shown to anybody",
    "saas.billing.operations.inbox.note_failure": "notes that a message of Stripe could not be looked at",
    "saas.billing.operations.inbox.receive": "keeps a message of Stripe as it came",
    "saas.billing.operations.mirroring.note_stopped": "a part of suspending over money, which is recorded",
    "saas.billing.operations.mirroring.write_subscriptions": "a part of looking at an account, which records what changed",
    "saas.billing.operations.mirroring.write_states": "a part of looking at an account, which records what changed",
    "saas.billing.operations.offering.sync": "notes what sells what, as the catalogue says already",
    "saas.billing.operations.reconciling.reconcile_use": "tells Stripe what the log of use says already",
    "saas.billing.operations.reconciling.backfill": "keeps messages of Stripe as they came",
    "saas.billing.operations.reporting.begin_charging": "notes from when on use is charged, as the log of the trial says",
    "saas.billing.operations.reporting.report_use": "works out what is charged of events that say who and when",
    "saas.domains.operations.examining.ask_for_all": "asks the DNS, which changes nothing; what follows is recorded",
    "saas.domains.operations.examining.ask_for_examination": "asks the DNS, which changes nothing; what follows is recorded",
    "saas.domains.operations.holding.keep_back": "a part of releasing or losing a host: whoever calls records it",
    "saas.accounts.operations.cleaning.clean_up": "deletes what has no use any more",
    "saas.accounts.operations.proofs.spend_on_own_address": "a part of proving an address: whoever calls records it",
    "saas.accounts.operations.proofs.take_as_proven": "a part of proving an address: whoever calls records it",
    "saas.accounts.operations.sessions.end_sessions": "a part of what ends sessions: whoever calls records it",
    "saas.accounts.operations.sessions.note_use": "notes when and from where a session is used",
    "saas.domains.certificates.operations.account_key": "keeps a key that no organisation has to do with",
    "saas.domains.certificates.operations.forget_others": "takes away what belongs to domains given up, which is recorded",
    "saas.domains.certificates.operations.notice_lost": "has what was recorded ordered anew, whose end is recorded",
    "saas.domains.certificates.operations.keep_proof": "a part of ordering a certificate, whose end is recorded",
    "saas.keys.operations.note_use": "notes when and from where a key is used",
    "saas.members.operations.admission.join_teams": "a part of joining: whoever calls records the teams",
    "saas.members.operations.joining.announce_requests": "notes of which requests admins were told",
    "saas.organisations.operations.note": "notes what a page was told to hide or has shown, for the organisation",
    "saas.usage.operations.rolling.roll_up": "adds up what is recorded already",
    "saas.tenancy.operations.verify_tenant": "a part of proving an address: whoever calls records it",
}
"""Functions of operations that write, without an actor and without recording it, each with the reason."""


@cache
def sources() -> Sources:
    """All that is ours, read once."""
    return Sources()


@cache
def recorders() -> set[str]:
    """Every function that leads to an entry of a log."""
    return sources().leading_to(*RECORDERS)


def is_operations(source: Source) -> bool:
    """Whether a module holds operations: by its name, or because it records and is no edge."""
    parts = source.name.split(".")
    if "operations" in parts:
        return True
    records = bool(set(source.means.values()) & set(RECORDERS))
    return records and not set(parts) & set(EDGES) and source.name not in RECORDED_WITH


def arguments(function: Function) -> set[str]:
    return {argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)}


def operations() -> dict[str, Function]:
    """Every public function with an actor in a module of operations."""
    return {
        f"{source.name}.{function.name}": function
        for source in sources().by_name.values()
        if is_operations(source)
        for function in source.functions
        if "actor" in arguments(function) and not function.name.startswith(ONLY_LOOK)
    }


def test_operations_are_found_wherever_they_stand() -> None:
    found = operations()
    for name in (
        "saas.accounts.operations.sessions.sign_in",
        "saas.members.operations.people.change_role",
        "saas.modules.workflows.operations.start_run",
        "saas.tenancy.keys.rotate_key",
        "saas.tenancy.operations.change_status",
    ):
        assert name in found


def test_every_operation_records_or_calls_one_that_does() -> None:
    silent = set(operations()) - recorders() - set(EXCEPTIONS)
    assert sorted(silent) == [], "record() what they do, or say in EXCEPTIONS why not"


def writers_without_actor() -> set[str]:
    """Public functions of operations that nobody acts in and that lead to a statement which writes."""
    writing = sources().leading_to(*WRITERS)
    functions = {
        f"{source.name}.{function.name}"
        for source in sources().by_name.values()
        if is_operations(source) and "operations" in source.name.split(".")
        for function in source.functions
        if "actor" not in arguments(function) and not function.name.startswith(ONLY_LOOK)
    }
    return functions & writing


def test_whoever_writes_without_an_actor_records_or_says_why_not() -> None:
    silent = writers_without_actor() - recorders() - set(WITHOUT_ACTOR)
    assert sorted(silent) == [], "take an actor and record(), or say in WITHOUT_ACTOR why not"
    assert sorted(set(WITHOUT_ACTOR) - writers_without_actor()) == []


def test_exceptions_are_still_there_and_still_silent() -> None:
    assert sorted(set(EXCEPTIONS) - set(operations())) == []
    assert sorted(set(EXCEPTIONS) & recorders()) == []


def constants() -> dict[str, AuditEvent]:
    """Every event that a module makes, by its full name."""
    made = {}
    for source in sources().by_name.values():
        if any(isinstance(node, ast.Call) and _is_event(source, node) for node in ast.walk(source.tree)):
            for name, value in vars(import_module(source.name)).items():
                if isinstance(value, AuditEvent) and f"{source.name}.{name}" == sources().home(f"{source.name}.{name}"):
                    made[f"{source.name}.{name}"] = value
    return made


def _is_event(source: Source, call: ast.Call) -> bool:
    return source.meaning(call.func) == "saas.core.module.AuditEvent"


def test_events_are_made_where_features_declare_themselves_and_nowhere_else() -> None:
    elsewhere = [
        f"{source.name}:{node.lineno}"
        for source in sources().by_name.values()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and _is_event(source, node) and not source.name.endswith(".module")
    ]
    assert elsewhere == []


def test_every_event_is_declared(app: Flask) -> None:
    declared = runtime().registry.events
    assert sorted(name for name, event in constants().items() if declared.get(event.name) is not event) == []


def test_every_declared_event_is_recorded_somewhere(app: Flask) -> None:
    recorded = {name for function, called in sources().called.items() if function in recorders() for name in called}
    known = constants()
    assert sorted(set(known) - recorded) == []
    assert {event.name for event in known.values()} == set(runtime().registry.events)


def test_events_are_named_after_their_feature_and_read_after_a_name(app: Flask) -> None:
    wrong = [
        event.name
        for feature in runtime().registry.features
        for event in feature.module.events
        if not re.fullmatch(rf"{feature.module.name}(\.[a-z0-9_]+){{2}}", event.name)
        or not re.match(r"[a-z]", event.sentence)
        or set(re.findall(r"\{.*?\}", event.sentence)) - {"{target}", "{person}"}
        or event.sentence.endswith(".")
    ]
    assert wrong == []


def test_every_permission_says_what_it_opens(app: Flask) -> None:
    permissions = runtime().registry.permissions.values()
    assert [one.name for one in permissions if not one.label or not one.sentence.endswith(".")] == []


def workflow_changed(organisation: Organisation) -> Callable[[str], None]:
    with tenant_work(organisation):
        made = create_workflow(Draft("First"), actor=SYSTEM).id

    def change(name: str) -> None:
        with tenant_work(organisation):
            change_workflow(get_workflow(made, to_change=True), Draft(name), actor=SYSTEM)

    return change


def profile_changed(organisation: Organisation) -> Callable[[str], None]:
    def change(name: str) -> None:
        with tenant_work(organisation):
            user = db.session.get_one(User, organisation.people["Bob"].id)
            update_profile(user, name=name, theme="light", actor=SYSTEM)

    return change


def settings_changed(organisation: Organisation) -> Callable[[str], None]:
    def change(name: str) -> None:
        with tenant_work(organisation):
            address = f"{name.lower()}@example.com"
            change_profile(name=name, time_zone="UTC", language="en", support_address=address, actor=SYSTEM)

    return change


@pytest.mark.parametrize("operation", [workflow_changed, profile_changed, settings_changed])
def test_recording_adds_one_statement_to_an_operation_however_much_it_records(
    acme: Organisation, monkeypatch: pytest.MonkeyPatch, operation: Callable[[Organisation], Callable[[str], None]]
) -> None:
    change = operation(acme)
    with statements_sent() as recorded:
        change("Second")
    for module in (workflows, users, organisations, recording):
        monkeypatch.setattr(module, "record", lambda *_, **__: None)
    with statements_sent() as unrecorded:
        change("Third")
    assert len(recorded) == len(unrecorded) + 1
    assert [one for one in recorded if "audit_entries" in one][1:] == []
