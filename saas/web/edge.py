"""The WSGI edge: before Flask sees a request, its Host is normalised and resolved to a site and a tenant."""

from collections.abc import Iterable
from typing import Any

from saas.core.runtime import settings
from saas.tenancy.resolver import Arrival, Asked, Site, resolve

ARRIVAL = "saas.arrival"
HEALTH_PREFIX = "/health/"
Environ = dict[str, Any]


class Edge:
    """WSGI middleware that stores an Arrival under ``ARRIVAL`` and moves the tenant's path prefix to SCRIPT_NAME."""

    def __init__(self, wsgi_app: Any) -> None:
        self.wsgi_app = wsgi_app

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        environ["SCRIPT_NAME"] = ""
        arrival = self._arrive(environ)
        environ[ARRIVAL] = arrival
        environ["HTTP_HOST"] = _with_port(arrival.host)
        if arrival.mount:
            environ["SCRIPT_NAME"] = arrival.mount
            environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix(arrival.mount) or "/"
        answer: Iterable[bytes] = self.wsgi_app(environ, start_response)
        return answer

    @staticmethod
    def _arrive(environ: Environ) -> Arrival:
        if environ["PATH_INFO"].startswith(HEALTH_PREFIX):
            return Arrival(Site.NOWHERE, settings().base_domain)
        scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        return resolve(
            Asked(
                host=environ.get("HTTP_HOST", ""),
                path=environ["PATH_INFO"],
                header=environ.get("HTTP_X_TENANT_ID"),
                bearer=token.strip() if scheme.lower() == "bearer" else None,
            )
        )


def _with_port(host: str) -> str:
    """The host as browsers write it: with the public port unless it is the scheme's own."""
    return settings().public_url(host, "").partition("//")[2]
