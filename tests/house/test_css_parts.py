"""The classes and elements that own CSS may count on are in the pages that it reaches."""

import re
from pathlib import Path

import pytest

from saas.branding.css_rules.parts import CLASSES, PARTS
from saas.branding.css_rules.selectors import ELEMENTS

SAAS = Path(__file__).resolve().parents[2] / "saas"
REACHED = ("components", "dashboard", "usage", "onboarding", "layouts")
TEMPLATES = [
    *(path for folder in REACHED for path in sorted((SAAS / "templates" / folder).glob("*.html"))),
    *sorted(SAAS.glob("modules/*/templates/**/*.html")),
]
PAGES = "\n".join(path.read_text() for path in TEMPLATES)
SHEETS = "\n".join(path.read_text() for path in (SAAS / "static" / "css").glob("*.css"))
WRITTEN = set(re.findall(r"[A-Za-z][\w-]*", " ".join(re.findall(r'(?:class|css)=\\?"([^"]*)', PAGES))))
BEGINNINGS = tuple(set(re.findall(r"([a-z][a-z-]*-)(?:\{\{|%)", PAGES)))
"""Of classes whose end a template puts together: ``badge-`` of ``badge-{{ tone }}``."""


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_a_class_of_the_list_is_in_the_templates_of_these_pages(name: str) -> None:
    put_together = name.startswith(BEGINNINGS) and re.search(rf"\.{name}(?![\w-])", SHEETS)
    assert name in WRITTEN or put_together or re.search(rf'"(input )?{name}"', PAGES)


def test_an_element_of_the_list_is_in_templates_and_may_be_named() -> None:
    named = {one for part in PARTS for one in part.selectors if one[0] != "."}
    assert named <= ELEMENTS
    assert [one for one in named if not re.search(rf"<{one}[ >]|<h{{{{", PAGES)] == []


def test_the_list_names_nothing_twice() -> None:
    named = [one for part in PARTS for one in part.selectors]
    assert len(named) == len(set(named))
