"""Every address of an organisation that names an object, walked with real objects of another organisation.

That their own people reach them by the same methods is shown by the access table (``test_access_table``).
"""

from collections.abc import Iterator

from flask import Flask
from sqlalchemy import text
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from saas.core.database import TenantModel
from saas.tenancy.scope import tenant_scope
from tests.cast import Cast, Organisation
from tests.house.objects import SECRETS, Objects
from tests.support import Browser

BODIES = {"members_api.change": {"role": "viewer"}}
"""What a program has to send before the object is looked for."""

SOLD = {"meter", "size"}
"""What an address may name that belongs to nobody: it stands in the catalogue, or in our code."""

LEAD_ON = {"accounts.hand_over": "/", "invitation.switch": "/invitation/"}
"""Where dead links of a kind lead: whoever is signed in already to their own home, others to a page that is not found."""


def walk(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Every rule of organisations' sites that names an object, with each method that has a view."""
    for rule in app.url_map.iter_rules():
        if rule.subdomain == "tenant" and rule.arguments - SOLD:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method


def ask(browser: Browser, rule: Rule, method: str, objects: Objects) -> TestResponse:
    built = rule.build(objects.named_in(rule), append_unknown=False)
    assert built is not None
    if method == "GET":
        return browser.get(built[1])
    form, headers = {"csrf_token": browser.token}, {"X-CSRF-Token": browser.token}
    sent = {"json": BODIES.get(rule.endpoint, {})} if built[1].startswith("/api/") else {"data": form}
    return browser.client.open(built[1], method=method, headers=headers, base_url=f"http://{browser.host}", **sent)


def counts(organisation: Organisation) -> dict[str, int]:
    """How many rows each table has."""
    names = [table.name for table in TenantModel.metadata.sorted_tables if table.schema is None]
    with tenant_scope(organisation) as session:
        return {name: session.scalar(text(f"SELECT count(*) FROM {name}")) for name in names}


def test_objects_of_another_organisation_are_not_found_by_any_method(app: Flask, cast: Cast, browse) -> None:
    objects = Objects(cast.umbrella, cast.umbrella.people["Charlie"])
    alice, wrong = browse(cast.acme, "Alice"), []
    alice.get("/account")
    for rule, _ in walk(app):
        objects.named_in(rule)
    before = counts(cast.umbrella)
    for rule, method in walk(app):
        response = ask(alice, rule, method, objects)
        if rule.endpoint in LEAD_ON:
            refused = response.headers["Location"].startswith(LEAD_ON[rule.endpoint])
            alice = browse(cast.acme, "Alice")
            alice.get("/account")
        else:
            refused = response.status_code == 404
        told = [word for word in SECRETS if word in response.text]
        if not refused or told:
            wrong.append((rule.endpoint, method, response.status_code, told))
    assert wrong == []
    assert counts(cast.umbrella) == before
    assert alice.get("/api/me").json["name"] == "Alice"
