"""Every address of an organisation that names an object, walked with real objects of another organisation."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask
from sqlalchemy import func, select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from saas.accounts.models import OneTimeToken, Purpose, UserSession
from saas.accounts.tokens import issue_token
from saas.core.actor import SYSTEM
from saas.core.crypto import token_hash
from saas.core.database import db
from saas.core.ids import short_id
from saas.modules.workflows.models import Workflow, WorkflowRun
from saas.modules.workflows.operations import Draft, StepDraft, create_workflow, start_run
from saas.tenancy.scope import tenant_scope, tenant_work
from tests.cast import Cast, Organisation
from tests.support import Browser

STEP = StepDraft("notify", "Whisper", {"channel": "email", "message": "The vault is open."})
PURPOSES = {
    "accounts.verify": Purpose.VERIFY_EMAIL,
    "accounts.verify_now": Purpose.VERIFY_EMAIL,
    "accounts.new_email": Purpose.CHANGE_EMAIL,
    "accounts.new_email_now": Purpose.CHANGE_EMAIL,
    "accounts.reset": Purpose.RESET_PASSWORD,
    "accounts.hand_over": Purpose.HAND_OVER,
}
BACK_HOME = {"accounts.hand_over"}
"""Whoever is signed in already and follows a dead link of this kind is led to their own home."""


@dataclass(frozen=True)
class Objects:
    """One object of each kind that addresses name, under the names that the rules use."""

    workflow_id: str
    run_id: str
    session_id: str
    tokens: dict[Purpose, str]

    def named_in(self, rule: Rule) -> dict[str, str]:
        """What a rule's address is filled with; a KeyError or AttributeError asks for the kind to be added here."""
        return {
            name: self.tokens[PURPOSES[rule.endpoint]] if name == "token" else getattr(self, name)
            for name in rule.arguments
        }


def made(organisation: Organisation, owner: str) -> Objects:
    """Fresh objects of an organisation."""
    person, token = organisation.people[owner], organisation.session_of(owner)
    with tenant_work(organisation):
        workflow = create_workflow(Draft("Secret plan", "Hidden words", "active", (STEP,)), actor=SYSTEM)
        run = start_run(workflow, actor=SYSTEM)
        session = db.session.scalars(select(UserSession).where(UserSession.token_hash == token_hash(token))).one()
        sent_to = {Purpose.CHANGE_EMAIL: f"new-{short_id(8)}@{organisation.slug}.example.com"}
        tokens = {purpose: issue_token(person, purpose, email=sent_to.get(purpose, "")) for purpose in Purpose}
        return Objects(str(workflow.id), str(run.id), str(session.id), tokens)


def walk(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Every rule of organisations' sites that names an object, with each method that has a view."""
    for rule in app.url_map.iter_rules():
        if rule.subdomain == "tenant" and rule.arguments:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method


def ask(browser: Browser, rule: Rule, method: str, objects: Objects) -> TestResponse:
    built = rule.build(objects.named_in(rule), append_unknown=False)
    assert built is not None
    if method == "GET":
        return browser.get(built[1])
    form = {"csrf_token": browser.token}
    return browser.client.open(built[1], method=method, data=form, base_url=f"http://{browser.host}")


def counts(organisation: Organisation) -> dict[str, int]:
    """How many objects there are of each kind."""
    with tenant_scope(organisation):
        return {
            model.__tablename__: db.session.scalar(select(func.count()).select_from(model)) or 0
            for model in (Workflow, WorkflowRun, UserSession, OneTimeToken)
        }


def test_every_kind_of_object_that_an_address_names_is_walked(app: Flask) -> None:
    named = {name for rule, _ in walk(app) for name in rule.arguments}
    assert named == {"token", *Objects.__dataclass_fields__} - {"tokens"}
    assert {rule.endpoint for rule, _ in walk(app) if "token" in rule.arguments} == set(PURPOSES)


def test_objects_of_another_organisation_are_not_found_by_any_method(app: Flask, cast: Cast, browse) -> None:
    objects, alice, wrong = made(cast.umbrella, "Charlie"), browse(cast.acme, "Alice"), []
    alice.get("/account")
    before = counts(cast.umbrella)
    for rule, method in walk(app):
        response = ask(alice, rule, method, objects)
        if rule.endpoint in BACK_HOME:
            refused = (response.status_code, response.headers.get("Location")) == (302, "/")
        else:
            refused = response.status_code == 404
        told = [
            word for word in ("Umbrella", "Charlie", "Secret", "Hidden", "Whisper", "vault") if word in response.text
        ]
        if not refused or told:
            wrong.append((rule.endpoint, method, response.status_code, told))
    assert wrong == []
    assert counts(cast.umbrella) == before
    assert alice.get("/api/me").json["name"] == "Alice"


def test_their_own_people_reach_them_by_every_method(app: Flask, cast: Cast, browse) -> None:
    wrong = []
    for rule, method in walk(app):
        charlie, objects = browse(cast.umbrella, "Charlie"), made(cast.umbrella, "Charlie")
        charlie.get("/account")
        response = ask(charlie, rule, method, objects)
        if response.status_code not in (200, 202, 302, 303, 422):
            wrong.append((rule.endpoint, method, response.status_code))
    assert wrong == []
