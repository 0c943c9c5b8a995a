"""Every endpoint below /api/ asked for with keys: one that holds all, one that holds nothing of it, one that is wrong."""

from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.routing import Rule

from saas.core.apikeys import new_key
from saas.core.extensions import limiter
from saas.core.runtime import runtime
from saas.web.access import access_of
from tests.house.access_table import API, Row, rows
from tests.house.objects import Objects


@pytest.fixture
def ask(app: Flask, acme, call):
    """Send a row's request with a secret, with fresh objects in the address; the status of the answer."""

    def send(row: Row, secret: str) -> int:
        rule, objects = rule_of(app, row), Objects(acme, acme.people["Bob"])
        path = rule.build(objects.named_in(rule), append_unknown=False)[1]
        sent = {} if row.method == "GET" else {"json": {}}
        return call(acme.host, secret, path, row.method, **sent).status_code

    return send


def rule_of(app: Flask, row: Row) -> Rule:
    return next(rule for rule in app.url_map.iter_rules(row.endpoint) if row.method in (rule.methods or ()))


def of_the_api(app: Flask) -> Iterator[Row]:
    """The rows of organisations' API."""
    for row in rows():
        rule = rule_of(app, row)
        if rule.subdomain == "tenant" and rule.rule.startswith(API):
            yield row


def test_a_key_comes_in_where_its_permissions_say_and_nowhere_else(app, acme, make, ask):
    known = set(runtime().registry.permissions)
    everything, wrong = make(acme, *known).secret, []
    for row in of_the_api(app):
        limiter.reset()
        for_people = access_of(app.view_functions[row.endpoint]).for_people
        outcomes = {"all": ask(row, everything), "wrong": ask(row, new_key("test"))}
        expected = {"all": 403 if for_people else row.status, "wrong": 401}
        if row.permission:
            outcomes["none"] = ask(row, make(acme, *known - {row.permission}).secret)
            expected["none"] = 403
        if outcomes != expected:
            wrong.append((row.endpoint, row.method, outcomes, expected))
    assert wrong == []


def test_the_api_is_not_empty(app):
    assert len(list(of_the_api(app))) > 5
