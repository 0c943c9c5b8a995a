"""The WSGI edge: before Flask sees a request, its Host is normalised and resolved to a site and a tenant."""

from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.routing import Map

from saas.core.runtime import settings
from saas.tenancy.resolver import Arrival, Asked, Site, resolve

ARRIVAL = "saas.arrival"
Environ = dict[str, Any]


def found_anywhere(rules: Map) -> Callable[[str], bool]:
    """Whether a path is a page of no site, which answers whatever the host: machines that ask for it know none."""
    starts = [rule.rule.partition("<") for rule in rules.iter_rules() if rule.subdomain == Site.NOWHERE]
    whole = {start for start, variable, _ in starts if not variable}
    prefixes = tuple(start for start, variable, _ in starts if variable)
    return lambda path: path in whole or path.startswith(prefixes)


class Edge:
    """WSGI middleware that stores an Arrival under ``ARRIVAL`` and moves the tenant's path prefix to SCRIPT_NAME."""

    def __init__(self, wsgi_app: Any, found_anywhere: Callable[[str], bool]) -> None:
        self.wsgi_app, self.found_anywhere = wsgi_app, found_anywhere

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

    def _arrive(self, environ: Environ) -> Arrival:
        if self.found_anywhere(environ["PATH_INFO"]):
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
