"""Every endpoint carries exactly one access mark, and strangers get no further than the public ones."""

from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.routing import Rule

from saas.web.access import access_of

DUMMIES = {"uuid": "0193a5f0-0000-7000-8000-000000000000", "int": "4040404", "default": "nothing", "path": "nothing"}


def rules(app: Flask, site: str) -> Iterator[tuple[Rule, str, str]]:
    """Each rule of a site with a method and an address filled with ids that nobody has."""
    for rule in app.url_map.iter_rules():
        if rule.subdomain == site:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method, _filled(rule)


def _filled(rule: Rule) -> str:
    path = ""
    for is_dynamic, part in rule._trace:
        if part == "|":
            path = ""
        elif is_dynamic:
            converter = type(rule._converters[part]).__name__.removesuffix("Converter").lower()
            path += DUMMIES.get(converter, DUMMIES["default"])
        else:
            path += part
    return path.removeprefix(str(rule.subdomain))


def test_every_endpoint_carries_exactly_one_mark(app: Flask) -> None:
    without = [name for name, view in app.view_functions.items() if access_of(view).kind is None]
    assert without == []


def test_every_permission_that_a_view_requires_is_declared(app: Flask) -> None:
    from saas.core.runtime import runtime

    required = {access_of(view).permission for view in app.view_functions.values()} - {None}
    assert {permission.name for permission in required if permission} <= set(runtime().registry.permissions)


def test_a_stranger_reaches_public_pages_only(app: Flask, acme, browse) -> None:
    stranger, wrong = browse(acme), []
    for rule, method, path in rules(app, "tenant"):
        access = access_of(app.view_functions[rule.endpoint])
        if access.kind == "public" or method != "GET":
            continue
        response = stranger.get(path)
        turned_away = response.status_code == 401 or (
            response.status_code == 302 and "/sign-in" in response.headers["Location"]
        )
        if not turned_away:
            wrong.append((rule.endpoint, path, response.status_code))
    assert wrong == []


def test_unsafe_requests_without_a_token_are_refused_everywhere(app: Flask, acme, browse) -> None:
    owner, wrong = browse(acme, "Alice"), []
    for rule, method, path in rules(app, "tenant"):
        if method == "GET":
            continue
        response = owner.client.open(path, method=method, headers={"Host": owner.host})
        if response.status_code != 403:
            wrong.append((rule.endpoint, method, response.status_code))
    assert wrong == []


@pytest.mark.parametrize("person", ["Alice", "Adam", "Bob", "Vera"])
def test_unknown_ids_are_never_an_error_of_ours(app: Flask, acme, browse, person: str) -> None:
    browser, wrong = browse(acme, person), []
    browser.get("/")
    for rule, method, path in rules(app, "tenant"):
        if rule.endpoint in ("accounts.sign_out",):
            continue
        response = (
            browser.get(path)
            if method == "GET"
            else browser.client.open(
                path, method=method, data={"csrf_token": browser.token}, headers={"Host": browser.host}
            )
        )
        if response.status_code >= 500:
            wrong.append((rule.endpoint, method, response.status_code))
        response.close()
    assert wrong == []


@pytest.mark.parametrize("person", ["Adam", "Bob", "Vera"])
def test_views_that_require_a_permission_refuse_whoever_lacks_it(app: Flask, acme, browse, person: str) -> None:
    from saas.core.runtime import runtime

    held = runtime().registry.grants[acme.people[person].role]
    browser, wrong = browse(acme, person), []
    browser.get("/")
    for rule, method, path in rules(app, "tenant"):
        permission = access_of(app.view_functions[rule.endpoint]).permission
        if permission is None or permission.name in held:
            continue
        response = browser.client.open(
            path, method=method, data={"csrf_token": browser.token}, headers={"Host": browser.host}
        )
        if response.status_code != 403:
            wrong.append((rule.endpoint, method, response.status_code))
    assert wrong == []
