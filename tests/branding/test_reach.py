"""What is remarked on: classes that act nowhere, and none that a page which own CSS reaches has."""

from difflib import get_close_matches

import pytest
from flask import Flask

from saas.branding.css_rules.parts import CLASSES, PARTS
from saas.branding.css_rules.selectors import ELEMENTS
from saas.branding.custom_css import clean
from saas.branding.reach import SEARCHES, remarks_on
from tests.branding.reached import Held, brandable_pages, fill
from tests.house.objects import Objects
from tests.support import calls_of

SHARED = ("avatar", "button", "count", "icon", "menu", "glyph", "visually-hidden")
"""How classes begin that stand in the frame and in what pages show."""
ELEMENTS_OF_LIST = {one for part in PARTS for one in part.selectors if one[0] != "."}


def said(text: str) -> list[tuple[int, int, str]]:
    cleaned = clean(text)
    assert cleaned.faults == ()
    return [(one.line, one.column, one.sentence) for one in remarks_on(text, cleaned.classes)]


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        (".sidebar { color: red }", "“.sidebar” is part of the frame of the pages, which own CSS does not reach."),
        (".page .card { color: red }", "“.page” is part of the frame of the pages, which own CSS does not reach."),
        (".alert { color: red }", "“.alert” is a message, a notice or a question, which own CSS does not reach."),
        (".Card { color: red }", "No page has the class “.Card”. Did you mean .card?"),
        (".badge-sucess { color: red }", "No page has the class “.badge-sucess”. Did you mean .badge-success?"),
        (".foo { color: red }", "No page has the class “.foo”."),
    ],
)
def test_a_class_that_acts_nowhere_is_remarked_on(text: str, remark: str) -> None:
    assert said(text) == [(1, 1, remark)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "p { color: red }",
        ".card:not(.foo) { color: red }",
        ".series-9 { fill: red }",
        ".usage-meter .meter { gap: 1px }",
    ],
)
def test_what_acts_somewhere_or_may_is_not(text: str) -> None:
    assert said(text) == []


def test_each_is_told_once_where_it_stands_first() -> None:
    text = "p { color: red }\r\n\n@media print { h2, .foo b, .foo { color: red } }\n.foo, h2 .foobar { color: red }"
    assert [one[:2] for one in said(text)] == [(3, 20), (4, 10)]


def test_of_many_the_first_fifty_are_told() -> None:
    assert len(said("".join(f".none{number} {{ color: red }}\n" for number in range(400)))) == 50


@pytest.mark.parametrize(
    "names",
    [
        [f"series-{number}" for number in range(4_000)],
        [f"badge-{number:04}" for number in range(4_000)],
        ["sidebar", *(f"badge-{number:04}" for number in range(4_000))],
        [*(f"badge-{number:04}" for number in range(4_000)), "none"],
    ],
)
def test_of_thousands_of_names_few_are_compared_with_the_list(names: list[str]) -> None:
    with calls_of(get_close_matches) as compared:
        told = remarks_on("", dict.fromkeys(names, (1, 1)))
    assert len(compared) <= SEARCHES
    assert [one.excerpt for one in told] == [""] * len({"none", "sidebar"} & set(names))


def test_a_slip_among_as_many_as_are_compared_is_found() -> None:
    names = [*(f"badge-{number:04}" for number in range(SEARCHES - 1)), "badge-sucess"]
    (told,) = remarks_on("", dict.fromkeys(names, (1, 1)))
    assert told.sentence.endswith("Did you mean .badge-success?")


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_nothing_of_the_list_is_remarked_on(name: str) -> None:
    assert said(f".{name} {{ color: red }}") == []


def test_pages_in_reach_hold_the_whole_list_and_nothing_that_is_remarked_on(app: Flask, acme, browse, run_jobs) -> None:
    alice = browse(acme, "Alice")
    alice.post("/settings/brand/css", {"custom_css": ".card { border-radius: 0 }", "version": "0"})
    filled = [alice.get(address).text for address in fill(acme, run_jobs)]
    pages = [Held(page) for page in [*filled, *brandable_pages(app, alice, Objects(acme, acme.people["Alice"]))]]
    assert len(pages) > 30
    reached = {name for page in pages for name in page.reached}
    others = {name for page in pages for name in page.others} - reached

    assert sorted(CLASSES - reached) == []
    assert sorted(ELEMENTS_OF_LIST - {name for page in pages for name in page.elements}) == []
    assert said("".join(f".{name} {{ color: red }}\n" for name in sorted(reached))) == []
    assert {"shell", "sidebar", "topbar", "page", "flashes"} <= others
    others -= {"brandable", "brand-protected"}
    told = [sentence for _, _, sentence in said("".join(f".{name}{{}}" for name in sorted(others)))]
    frame = {sentence.split("”")[0].removeprefix("“.") for sentence in told}
    assert {name for name in frame ^ others if not name.startswith(SHARED)} == set()


def test_the_list_names_nothing_twice_and_elements_that_may_be_named() -> None:
    named = [one for part in PARTS for one in part.selectors]
    assert len(named) == len(set(named))
    assert ELEMENTS_OF_LIST <= ELEMENTS


@pytest.mark.parametrize("name", ["if", "else", "endif", "and", "item", "loop", "tone", "good"])
def test_words_of_templates_are_no_classes(name: str) -> None:
    assert [sentence.partition(" Did")[0] for _, _, sentence in said(f".{name} {{}}")] == [
        f"No page has the class “.{name}”."
    ]


@pytest.mark.parametrize("name", ["plan-tick", "plan-own-card", "cell-end", "text-danger", "usage-parts", "badge-dot"])
def test_classes_that_templates_put_in_by_a_condition_are(name: str) -> None:
    assert said(f".{name} {{}}") == []
