"""In development: whoever opens http://127.0.0.1 is led to the name by which the site is reached.

Organisations are told apart by names of hosts, so an address of numbers has no page of its own.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

from werkzeug.utils import redirect

from saas.core.runtime import settings

_NUMBERS = re.compile(r"(127\.0\.0\.1|\[::1\]|0\.0\.0\.0)(:[0-9]*)?")


class Loopback:
    """WSGI middleware; what is not a page to look at, or is found on any host, passes as it is."""

    def __init__(self, wsgi_app: Any, found_anywhere: Callable[[str], bool]) -> None:
        self.wsgi_app, self.found_anywhere = wsgi_app, found_anywhere

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        asked = environ["REQUEST_METHOD"] in ("GET", "HEAD") and _NUMBERS.fullmatch(environ.get("HTTP_HOST", ""))
        if not asked or self.found_anywhere(environ["PATH_INFO"]):
            answer: Iterable[bytes] = self.wsgi_app(environ, start_response)
            return answer
        query = environ.get("QUERY_STRING", "")
        path = quote(environ["PATH_INFO"].encode("latin-1")) + (f"?{query}" if query else "")
        return redirect(settings().public_url(settings().base_domain, path))(environ, start_response)
