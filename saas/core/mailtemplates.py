"""Mails from templates: a folder for each message with ``subject.txt``, ``body.txt`` and ``body.html``."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from saas.core.mail import Mail
from saas.core.runtime import settings

TEMPLATES = Path(__file__).resolve().parents[1] / "templates"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render_mail(name: str, *, to: str, **context: Any) -> Mail:
    """The message ``emails/<name>``; ``organisation`` (anything with a name) and ``support_address`` may be in its context."""
    values = {
        "product_name": settings().product_name,
        "support_address": settings().support_address,
        "organisation": None,
        **context,
    }
    subject, text, html = (
        _environment().get_template(f"emails/{name}/{part}").render(values)
        for part in ("subject.txt", "body.txt", "body.html")
    )
    return Mail(to=to, subject=subject.strip(), text=text, html=html)
