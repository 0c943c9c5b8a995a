"""A whole deployment in one process: demo data, web server, worker and the stand-in for Stripe. One process serves one
deployment, hence not the tests' own.

``python -m tests.browser.serve PORT`` (0: any free one) with the settings in the environment; says on one line of JSON when it
is ready: ``{"port": …, "payments": address, "pages": {"tenant": [paths], "apex": [paths], "mail": [paths]}}``. SIGTERM ends it.
"""

import json
import logging
import os
import socket
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from flask import Flask
from werkzeug.serving import BaseWSGIServer, make_server

from saas.app import create_app
from saas.billing.operations.offering import compare_offering, sync
from saas.core.runtime import settings
from saas.sandbox.demo import data
from saas.sandbox.demo.payments import HOOK
from saas.sandbox.stripe.courier import delivering
from saas.sandbox.stripe.endpoints import add_endpoint
from saas.sandbox.stripe.server import Running, serving
from saas.sandbox.stripe.store import Store
from saas.tenancy.platform import migrate_platform
from saas.tenancy.provisioning import owner_connection, top_up
from saas.tenancy.worker import run_worker

HOST = "127.0.0.1"


def main(port: int) -> None:
    """Serve and work until told to stop."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with socket.create_server((HOST, port)) as listening, payments(listening.getsockname()[1]) as sandbox:
        app = create_app()
        migrate_platform()
        data.load()
        list(sync(*compare_offering()))
        with owner_connection() as connection:
            top_up(connection, settings().spare_schemas)
        server = make_server(HOST, 0, app, threaded=True, fd=listening.fileno())
        ready = {"port": settings().public_port, "payments": sandbox.url, "pages": pages_of(app)}
        _serve_beside_the_worker(server, ready)


@contextmanager
def payments(port: int) -> Iterator[Running]:
    """The stand-in, empty; the environment names it, and its messages go to the port."""
    with serving(Store()) as running, delivering(running.store):
        hook = add_endpoint(running.store, f"http://{HOST}:{port}{HOOK}", ["*"], os.environ["STRIPE_WEBHOOK_SECRET"])
        hook["_host"] = f"{os.environ['BASE_DOMAIN']}:{port}"
        os.environ |= {"PUBLIC_PORT": str(port), "STRIPE_API_BASE": running.url}
        yield running


def _serve_beside_the_worker(server: BaseWSGIServer, ready: Mapping[str, object]) -> None:
    answering = threading.Thread(target=server.serve_forever)
    answering.start()
    print(json.dumps(ready), flush=True)
    try:
        run_worker(concurrency=2)
    finally:
        server.shutdown()
        answering.join()
        server.server_close()


def pages_of(app: Flask) -> dict[str, list[str]]:
    """The paths that a GET reaches without naming anything, by site."""
    found: dict[str, list[str]] = {"tenant": [], "apex": [], "mail": []}
    for rule in app.url_map.iter_rules():
        if rule.methods and "GET" in rule.methods and not rule.arguments and rule.subdomain in found:
            found[rule.subdomain].append(rule.rule)
    return {site: sorted(paths) for site, paths in found.items()}


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
