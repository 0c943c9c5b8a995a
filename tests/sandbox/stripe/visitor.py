"""A person in front of the hosted pages, over HTTP, who goes nowhere by themselves: redirects are looked at."""

import urllib.error
import urllib.request
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import urlencode

from saas.sandbox.stripe.server import Running


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_given: Any) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a page answered: status, where it sends to, and its text."""

    status: int
    to: str
    text: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass
class Visitor:
    """One browser with its cookies."""

    sandbox: Running
    opener: Any = field(
        default_factory=lambda: urllib.request.build_opener(_Stay, urllib.request.HTTPCookieProcessor())
    )

    def get(self, address: str) -> Answer:
        """A page by its address or path."""
        return self._open(address, None)

    def post(self, address: str, **form: str) -> Answer:
        """Send a form."""
        return self._open(address, urlencode(form).encode())

    def go(self, address: str) -> Answer:
        """A page, and the one that it sends to, and so on, as long as they are the sandbox's."""
        answer = self.get(address)
        while answer.to.startswith("/"):
            answer = self.get(answer.to)
        return answer

    def _open(self, address: str, body: bytes | None) -> Answer:
        url = address if "://" in address else self.sandbox.url + address
        try:
            with self.opener.open(urllib.request.Request(url, body)) as found:
                return _answer(found)
        except urllib.error.HTTPError as error:
            with error:
                return _answer(error)


def _answer(found: Any) -> Answer:
    body = found.read()
    text = unescape(body.decode(errors="replace"))
    return Answer(found.status, found.headers.get("Location", ""), text, dict(found.headers), body)


CARD = {"expiry": "12 / 34", "code": "123", "name": "Ann Example", "country": "DE"}


def card(number: str = "4242 4242 4242 4242", **more: str) -> dict[str, str]:
    """A filled-in form."""
    return {**CARD, "number": number, **more}
