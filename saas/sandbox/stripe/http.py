"""The sandbox over HTTP: who calls, which version, once or again, and what is answered."""

import json
import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from secrets import token_urlsafe
from socket import SHUT_RDWR
from threading import Lock
from typing import Any

import stripe
from flask import Flask, Request, Response, request

from saas.sandbox.stripe import clock, failures, idempotency
from saas.sandbox.stripe.answers import check_answer
from saas.sandbox.stripe.errors import Fault, invalid, unknown
from saas.sandbox.stripe.forms import decode
from saas.sandbox.stripe.ids import new_id
from saas.sandbox.stripe.pages import authenticate, checkout, control, invoices, portal, portalcards, portalplans
from saas.sandbox.stripe.pages.site import init_pages
from saas.sandbox.stripe.present import present
from saas.sandbox.stripe.resources import MODULES
from saas.sandbox.stripe.routes import TABLE, Call, Route
from saas.sandbox.stripe.store import Store
from saas.sandbox.stripe.walker import Expansion, check_request

logger = logging.getLogger(__name__)
PAGES = (authenticate.bp, control.bp, checkout.bp, invoices.bp, portal.bp, portalcards.bp, portalplans.bp)
METHODS = ("GET", "POST", "DELETE")


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and body of an answer; `id` is the request's; `replayed` when it was kept from an earlier call."""

    status: int
    body: str
    id: str
    replayed: bool = False
    started: bool = True


class Api:
    """The API of one store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        assert MODULES, "no routes"
        self.guard = Lock()
        self.in_flight: set[str | None] = set()
        self.routes = [(entry.method, entry.pattern, entry) for entry in TABLE]

    def answer(self, call: Request) -> Response:
        """Answer an HTTP request; every answer has its Request-Id."""
        id, key = new_id("req"), call.headers.get("Idempotency-Key") if call.method == "POST" else None
        try:
            _check_caller(call)
            with self._alone(key):
                failure = self._failure(call.path)
                if failure and not failure["after_effect"]:
                    return _failed(failure, id)
                answer = self._once(call, id, key) if key else self._carry_out(call, id, key)
        except Fault as fault:
            return _response(Answer(fault.status, json.dumps(fault.body()), id), key)
        return _failed(failure, id) if failure else _response(answer, key)

    @contextmanager
    def _alone(self, key: str | None) -> Iterator[None]:
        """Be the only call with a key for the block; raises Fault (409)."""
        with self.guard:
            if key in self.in_flight:
                raise idempotency.in_use(str(key))
            if key:
                self.in_flight.add(key)
        try:
            yield
        finally:
            with self.guard:
                self.in_flight.discard(key)

    def _failure(self, path: str) -> dict[str, Any] | None:
        with self.store.lock:
            return failures.taken(self.store, path)

    def _once(self, call: Request, id: str, key: str) -> Answer:
        asked = idempotency.fingerprint(call.method, call.path, call.get_data())
        with self.store.lock:
            if kept := idempotency.recall(self.store, key, asked):
                return Answer(kept.status, kept.body, kept.request_id, replayed=True)
            answer = self._carry_out(call, id, key)
            if answer.started:
                kept = idempotency.Kept(asked, answer.status, answer.body, id, self.store.now())
                idempotency.keep(self.store, key, kept)
                self.store.save()
            return answer

    def _carry_out(self, call: Request, id: str, key: str | None) -> Answer:
        store = self.store
        with store.lock:
            store.request = {"id": id, "idempotency_key": key}
            try:
                entry, path = self._find(call)
                values = check_request(entry.params or Expansion, _parameters(call))
                _refuse_unknown(entry, values)
            except Fault as fault:
                return Answer(fault.status, json.dumps(fault.body()), id, started=False)
            answer = self._run(entry, Call(store, values, path), id)
            if entry.method != "GET":
                store.save()
            store.request = {"id": None, "idempotency_key": None}
            return answer

    def _find(self, call: Request) -> tuple[Route, dict[str, str]]:
        for method, pattern, entry in self.routes:
            if method == call.method and (found := pattern.match(call.path)) and not call.path.endswith("/search"):
                return entry, found.groupdict()
        message = f"Unrecognized request URL ({call.method}: {call.path}): the sandbox does not know it."
        raise Fault(404, "invalid_request_error", "url_invalid", message)

    def _run(self, entry: Route, call: Call, id: str) -> Answer:
        expand = call.values.pop("expand", [])
        try:
            clock.catch_up(self.store)
            body = present(self.store, entry.view(call), expand)
            check_answer(body)
            return Answer(200, json.dumps(body), id)
        except Fault as fault:
            return Answer(fault.status, json.dumps(fault.body()), id)
        except Exception as error:
            logger.exception("The sandbox failed at %s %s", entry.method, entry.path)
            message = f"The sandbox failed: {''.join(traceback.format_exception_only(error)).strip()}"
            return Answer(500, json.dumps({"error": {"type": "api_error", "message": message}}), id)


def create_sandbox(store: Store) -> Flask:
    """The application that serves a store's API and its pages; nothing of it is for the product."""
    app = Flask(__name__, static_folder=None)
    app.config.update(SECRET_KEY=token_urlsafe(), SESSION_COOKIE_NAME="stripe_sandbox", SESSION_COOKIE_SAMESITE="Lax")
    api = Api(store)

    @app.route("/<any(v1, v2):version>/<path:path>", methods=METHODS)
    def call_api(version: str, path: str) -> Response:
        return api.answer(request)

    for pages in PAGES:
        app.register_blueprint(pages)
    init_pages(app, store)
    return app


def _check_caller(call: Request) -> None:
    key = call.authorization.token if call.authorization and call.authorization.type == "bearer" else None
    if not key:
        raise Fault(401, "invalid_request_error", None, "You did not provide an API key.")
    if key.startswith(("sk_live_", "rk_live_")):
        raise Fault(
            401,
            "invalid_request_error",
            None,
            "A live key was sent to the sandbox, which simulates payments. Use sk_test_….",
        )
    if not key.startswith(("sk_test_", "rk_test_")):
        raise Fault(401, "invalid_request_error", None, f"Invalid API Key provided: {key[:7]}****")
    version = call.headers.get("Stripe-Version", stripe.api_version)
    if version != stripe.api_version:
        raise invalid(
            f"Invalid Stripe API version: {version}. The sandbox speaks {stripe.api_version}.", "Stripe-Version"
        )


def _parameters(call: Request) -> dict[str, Any]:
    if call.method != "POST":
        return decode(call.args.items(multi=True))
    if call.mimetype not in ("", "application/x-www-form-urlencoded"):
        raise unknown(f"bodies of the type {call.mimetype}")
    return decode([*call.args.items(multi=True), *call.form.items(multi=True)])


def _refuse_unknown(entry: Route, values: dict[str, Any]) -> None:
    for name in entry.unknown:
        if name in values:
            raise unknown(f"the parameter {name} of {entry.path}", name)


def _failed(failure: dict[str, Any], id: str) -> Response:
    status, body = failure["status"], failure["body"]
    if not status:
        request.environ["werkzeug.socket"].shutdown(SHUT_RDWR)
    return _response(Answer(status or 500, json.dumps(failures.error_body(status)) if body is None else body, id), None)


def _response(answer: Answer, key: str | None) -> Response:
    response = Response(answer.body, answer.status, mimetype="application/json")
    response.headers["Request-Id"] = answer.id
    response.headers["Stripe-Version"] = stripe.api_version
    if key:
        response.headers["Idempotency-Key"] = key
    if answer.replayed:
        response.headers["Idempotent-Replayed"] = "true"
        response.headers["Original-Request"] = answer.id
    if answer.status == 429:
        response.headers["Stripe-Should-Retry"] = "true"
    return response
