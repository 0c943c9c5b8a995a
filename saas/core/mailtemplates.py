"""Mails from templates: a folder for each message with ``subject.txt``, ``body.txt`` and ``body.html``."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from saas.core.look import Look
from saas.core.mail import Mail
from saas.core.runtime import runtime, settings

TEMPLATES = Path(__file__).resolve().parents[1] / "templates"


@dataclass(frozen=True, slots=True)
class _Called:
    """An organisation under the name of its brand."""

    name: str


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _sender(look: Look) -> str:
    """Who writes in a brand's name; the platform shows beside it unless nothing may name it."""
    return look.name if look.bare or not look.name else f"{look.name} via {settings().product_name}"


def render_mail(name: str, *, to: str, look: Look | None = None, **context: Any) -> Mail:
    """The message ``emails/<name>``; ``organisation`` (anything with a name) and ``support_address`` may be in its context.

    It has the look of the organisation in scope, unless another is given.
    """
    look, organisation = look or runtime().look(), context.get("organisation")
    called = look.name or (organisation.name if organisation else "")
    values = {
        "support_address": settings().support_address,
        **context,
        "look": look,
        "product_name": look.product(called, settings().product_name) if called else settings().product_name,
        "organisation": _Called(called) if organisation else None,
    }
    subject, text, html = (
        _environment().get_template(f"emails/{name}/{part}").render(values)
        for part in ("subject.txt", "body.txt", "body.html")
    )
    return Mail(to=to, subject=subject.strip(), text=text, html=html, sender=_sender(look))
