"""A whole deployment in one process: demo data, web server and worker. One process serves one deployment, hence not the tests' own.

``python -m tests.browser.serve PORT`` (0: any free one) with the settings in the environment; says on one line of JSON
when it is ready: ``{"port": …, "pages": {"tenant": [paths], "apex": [paths], "mail": [paths]}}``. SIGTERM ends it.
"""

import json
import logging
import os
import socket
import sys
import threading

from flask import Flask
from werkzeug.serving import BaseWSGIServer, make_server

from saas.app import create_app
from saas.core.runtime import settings
from saas.sandbox.demo import data
from saas.tenancy.platform import migrate_platform
from saas.tenancy.provisioning import owner_connection, top_up
from saas.tenancy.worker import run_worker

HOST = "127.0.0.1"


def main(port: int) -> None:
    """Serve and work until told to stop."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    listening = socket.create_server((HOST, port))
    os.environ["PUBLIC_PORT"] = str(listening.getsockname()[1])
    app = create_app()
    migrate_platform()
    data.load()
    with owner_connection() as connection:
        top_up(connection, settings().spare_schemas)
    server = make_server(HOST, 0, app, threaded=True, fd=listening.fileno())
    _serve_beside_the_worker(server, app)
    listening.close()


def _serve_beside_the_worker(server: BaseWSGIServer, app: Flask) -> None:
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    print(json.dumps({"port": settings().public_port, "pages": pages_of(app)}), flush=True)
    try:
        run_worker(concurrency=2)
    finally:
        server.shutdown()
        serving.join()
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
