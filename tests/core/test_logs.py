"""Log lines: of ours and of libraries alike, a line each, with what is bound for the request, without people's data."""

import json
import logging
from collections.abc import Callable, Iterator

import pytest
import structlog
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from structlog.contextvars import bound_contextvars, get_contextvars, merge_contextvars
from structlog.testing import capture_logs

from saas.core.errors import DomainError, first_line
from saas.core.logs import configure_logs
from saas.core.settings import Settings
from saas.tenancy.scope import platform_scope
from saas.web.access import public
from tests.cast import Organisation
from tests.support import Browser


@pytest.fixture
def written(settings: Settings, capsys: pytest.CaptureFixture[str]) -> Iterator[object]:
    """Starts logging in a format as a new process does; what is then written to standard error."""
    root = logging.getLogger()
    handlers, level, before = root.handlers[:], root.level, structlog.get_config()

    def begin(log_format: str) -> object:
        root.handlers[:] = []
        configure_logs(settings.model_copy(update={"log_format": log_format}))
        return lambda: capsys.readouterr().err.splitlines()

    yield begin
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**before)


def stumble(log: object) -> None:
    try:
        raise ZeroDivisionError("division by zero")
    except ZeroDivisionError:
        log.exception("Exception on %s", "/")


def test_a_traceback_of_a_library_is_one_line_of_json(written) -> None:
    lines = written("json")
    with bound_contextvars(request_id="r1", tenant="acme"):
        stumble(logging.getLogger("flask.app"))
    (line,) = map(json.loads, lines())
    assert (line["event"], line["level"], line["logger"]) == ("Exception on /", "error", "flask.app")
    assert (line["request_id"], line["tenant"]) == ("r1", "acme")
    assert "ZeroDivisionError" in line["exception"]


def test_one_of_ours_is_too(written) -> None:
    lines = written("json")
    with bound_contextvars(job=7):
        stumble(structlog.get_logger())
    (line,) = map(json.loads, lines())
    assert line["job"] == 7
    assert "ZeroDivisionError" in line["exception"]


def test_for_people_a_traceback_stands_below_its_line_and_shows_no_variables(written) -> None:
    lines = written("text")
    secret = "hunter2"  # noqa: F841 - a variable that the traceback could show
    stumble(logging.getLogger("flask.app"))
    told = lines()
    assert "Exception on /" in told[0]
    assert "ZeroDivisionError: division by zero" in told
    assert "hunter2" not in "".join(told)


def test_an_error_of_the_database_does_not_tell_the_values(app: Flask) -> None:
    with platform_scope() as session, pytest.raises(DBAPIError) as caught:
        session.execute(text("SELECT length(:secret) / 0"), {"secret": "hunter2"})
    assert "division by zero" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "line"),
    [(DomainError("\n one\ntwo"), "one"), (ValueError("one"), "one"), (TimeoutError(), "TimeoutError")],
)
def test_the_first_line_of_an_error_says_something(error: Exception, line: str) -> None:
    assert first_line(error) == line


def test_lines_of_a_request_bear_its_id_and_organisation_and_nothing_stays_behind(
    app: Flask, acme: Organisation, browse: Callable[..., Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    def page() -> str:
        structlog.get_logger().warning("seen")
        return "ok"

    monkeypatch.setitem(app.view_functions, "accounts.sign_in", public(page))
    with capture_logs(processors=[merge_contextvars]) as lines:
        response = browse(acme).get("/sign-in")
    told = {
        "event": "seen",
        "log_level": "warning",
        "request_id": response.headers["X-Request-ID"],
        "tenant": acme.slug,
    }
    assert lines == [told]
    assert get_contextvars() == {}
