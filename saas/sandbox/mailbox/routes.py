"""Pages of the development mailbox. A message's HTML is served alone, for a sandboxed frame, under a policy of its own."""

import re

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from saas.core.runtime import settings
from saas.sandbox.mailbox.folder import Folder, Message
from saas.web.access import public
from saas.web.headers import CONTENT_SECURITY_POLICY
from saas.web.pages import PER_PAGE, Listing, Page, redirect_with
from saas.web.routes import theme

bp = Blueprint("mailbox", __name__, subdomain="mail", template_folder="templates")
bp.add_url_rule("/theme", view_func=theme, methods=["POST"])

PAGE_POLICY = f"{CONTENT_SECURITY_POLICY}; frame-src 'self'"
MESSAGE_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data: {logos}; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
LONGEST_SOURCE = 200_000
VIEWS = ("html", "text", "source")
_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)


def folder() -> Folder:
    """The folder that this deployment keeps its mail in."""
    return Folder(settings().mailbox_dir)


@bp.get("/")
@public
def index() -> ResponseReturnValue:
    """All mail, newest first. Whoever asks again and again gets 204 while nothing has come (``version`` in the address)."""
    listing = Listing.of_request({"received": None}, "-received")
    ids = folder().ids()
    version = f"{len(ids)}-{ids[0] if ids else ''}"
    if request.headers.get("HX-Request") and request.args.get("version") == version:
        return "", 204
    found = _page(folder().search(listing.q, ids), listing.page)

    def page_url(number: int) -> str:
        return listing.url(page=number, version=None)

    poll_url = listing.url(page=found.page, version=version)
    rows = folder().summaries(found.items)
    return render_template(
        "mailbox/index.html", rows=rows, page=found, page_url=page_url, poll_url=poll_url, q=listing.q
    )


@bp.get("/messages/<id>")
@public
def show(id: str) -> ResponseReturnValue:
    """One message as HTML, as text or as it travelled (``view`` in the address)."""
    message = folder().read(id)
    wanted = request.args.get("view", "")
    view = wanted if wanted in VIEWS else "html" if message.html else "text"
    source = message.source[:LONGEST_SOURCE]
    response = make_response(
        render_template(
            "mailbox/message.html", message=message, view=view, source=source, cut=len(source) < len(message.source)
        )
    )
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    return response


@bp.get("/messages/<id>/html")
@public
def html(id: str) -> ResponseReturnValue:
    """The HTML part alone: no script runs in it, nothing is loaded, links open a new tab."""
    response = Response(_with_new_tabs(folder().read(id)), mimetype="text/html")
    response.headers["Content-Security-Policy"] = MESSAGE_POLICY.format(
        logos=settings().public_url(f"*.{settings().base_domain}", "")
    )
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


@bp.post("/clear")
@public
def clear() -> ResponseReturnValue:
    """Delete all mail."""
    count = folder().clear()
    noun = "message" if count == 1 else "messages"
    return redirect_with(f"{count} {noun} deleted." if count else "There was nothing to delete.", "mailbox.index")


def _page(ids: list[str], number: int) -> Page[str]:
    number = min(number, max(1, -(-len(ids) // PER_PAGE)))
    start = (number - 1) * PER_PAGE
    return Page(ids[start : start + PER_PAGE], number, PER_PAGE, len(ids))


def _with_new_tabs(message: Message) -> str:
    base = '<base target="_blank">'
    text, heads = _HEAD.subn(lambda head: f"{head.group(0)}{base}", message.html, count=1)
    return text if heads else base + text
