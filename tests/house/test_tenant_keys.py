"""What is counted or remembered of an organisation is so under its id: nothing of one is ever taken for another's."""

import ast
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import text

from saas.tenancy.scope import platform_scope

ROOT = Path(__file__).resolve().parents[2] / "saas"
SOURCES = [path for path in sorted(ROOT.rglob("*.py")) if "sandbox" not in path.parts]
ITS_ID = ("{tenant}", "{tenant.id}", "{tenant_id}", "{tenant_key()}", "{entry.id}")
OF_STRANGERS = {
    *("stranger {client_network()}", "guess {client_network()}", "mail {kind} {client_network()}"),
    *("accept {client_network()}", "join {client_network()}", "key {client_network()}"),
    *("disagreed {client_network()}", "disagreed"),
    *("found {client_network()}", "found everybody", "sign up {client_network()}", "check {what} {client_network()}"),
    *("find {client_network()}", "find {email_hash(email).hex()}"),
}
"""Counted before anybody has said who they are, or where there is no organisation: networks, mailboxes, everybody."""
BY_NETWORK = {
    "plans/routes/pricing",
    "branding/routes/previewing",
    "organisations/routes/settings",
    "domains/routes/setup",
}
"""Where the limiter counts by network alone."""
HERE = {
    "current_tenant_id",
    "current_scope",
    "current_entry",
    "current_actor",
    "own_tenant",
    "tenant_key",
    "visit",
    "request",
}
HERE |= {"db", "g", "session", "entitlements"}
"""What answers for the organisation that a request or a job is about."""


def calls() -> Iterator[tuple[Path, ast.Call]]:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                yield path, node


def template(node: ast.expr) -> str:
    """A text as it is written, with what is put into it in braces."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    assert isinstance(node, ast.JoinedStr), f"{ast.unparse(node)}: write the name of a counter where it is made"
    parts = (
        f"{{{ast.unparse(part.value)}}}" if isinstance(part, ast.FormattedValue) else str(part.value)
        for part in node.values
    )
    return "".join(parts)


def counters() -> Iterator[str]:
    """The names under which something is counted."""
    for path, call in calls():
        called = ast.unparse(call.func)
        if called == "Counter" and len(call.args) == 2 and "web/gates" not in str(path):
            yield template(call.args[1])
        elif called == "Gate.of":
            for pair in call.args:
                assert isinstance(pair, ast.Tuple)
                yield template(pair.elts[1])


def test_counters_of_an_organisation_begin_with_its_id() -> None:
    found = set(counters())
    assert {name for name in found if not name.startswith(ITS_ID)} == OF_STRANGERS
    assert len(found) > len(OF_STRANGERS)


def test_limits_of_views_are_kept_by_organisation_or_by_network() -> None:
    by_network, others = set(), set()
    for path, call in calls():
        if ast.unparse(call.func) == "limiter.limit":
            keys = {ast.unparse(given.value) for given in call.keywords if given.arg == "key_func"} or {
                "client_network"
            }
            place = path.relative_to(ROOT).with_suffix("").as_posix()
            by_network |= {place} if keys == {"client_network"} else set()
            others |= keys - {"client_network", "tenant_key"}
    assert others == set()
    assert by_network <= BY_NETWORK


def test_nothing_that_is_remembered_depends_on_where_one_is() -> None:
    remembered, wrong = 0, []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and any("cache" in ast.unparse(mark) for mark in node.decorator_list):
                remembered += 1
                used = {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}
                wrong += [f"{path.name}:{node.name} asks {', '.join(used & HERE)}"] if used & HERE else []
    assert wrong == []
    assert remembered


def test_keys_as_they_are_stored_begin_with_the_id(acme, browse) -> None:
    stranger, alice = browse(acme), browse(acme, "Alice")
    stranger.post("/sign-in", {"email": acme.email("Bob"), "password": "wrong"})
    stranger.post("/forgot", {"email": acme.email("Bob")})
    alice.post("/account", {"name": "Alicia", "theme": "dark"})
    alice.post("/settings/brand", {"primary": "#c8102e"})
    browse(acme, "Vera").get("/settings/address")
    with platform_scope() as session:
        keys = session.scalars(
            text("SELECT key FROM platform.rate_limits WHERE key LIKE '%' || :id || '%'"), {"id": str(acme.id)}
        ).all()
    assert len(keys) >= 5
    assert any("branding" in key for key in keys)
    assert [key for key in keys if not key.startswith(f"LIMITER/{acme.id}")] == []
