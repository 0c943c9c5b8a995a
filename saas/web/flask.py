"""The Flask of this platform: URL rules by site, and a commit between view and response."""

from typing import Any, NoReturn

from flask import Request
from werkzeug.routing import MapAdapter

from saas.web.edge import ARRIVAL
from saas.web.unit import CommittingFlask

SHARED = ""


class SiteAdapter(MapAdapter):
    """Builds addresses on the host of the request; Werkzeug's subdomain holds the site."""

    def get_host(self, domain_part: str | None) -> str:
        """This host; raises RuntimeError for an endpoint that another site has."""
        if domain_part not in (None, SHARED, self.subdomain):
            _stray(domain_part, self.subdomain)
        return self.server_name


def _stray(site: str | None, here: str | None) -> NoReturn:
    raise RuntimeError(f"a page of site “{here}” cannot link to an endpoint of site “{site}” by url_for")


class PlatformFlask(CommittingFlask):
    """Matches each request against the rules of the site where it arrived."""

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """The adapter of a request; there is none outside a request, where nothing knows the host."""
        if request is None:
            return None
        environ: dict[str, Any] = request.environ
        request.host = environ["HTTP_HOST"]
        return SiteAdapter(
            self.url_map,
            server_name=environ["HTTP_HOST"],
            script_name=environ["SCRIPT_NAME"],
            subdomain=str(environ[ARRIVAL].site),
            url_scheme=environ["wsgi.url_scheme"],
            path_info=environ["PATH_INFO"],
            default_method=environ["REQUEST_METHOD"],
            query_args=environ.get("QUERY_STRING", ""),
        )
