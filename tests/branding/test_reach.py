"""What is remarked on: classes that act nowhere, and none that a page which own CSS reaches has."""

from difflib import get_close_matches
from html.parser import HTMLParser

import pytest
from flask import Flask

from saas.branding.css_rules.parts import CLASSES
from saas.branding.custom_css import clean
from saas.branding.reach import SEARCHES, remarks_on
from tests.house.objects import Objects
from tests.support import calls_of

SHARED = ("avatar", "button", "count", "icon", "menu", "glyph", "visually-hidden")
"""How classes begin that stand in the frame and in what pages show."""


def said(text: str) -> list[tuple[int, int, str]]:
    cleaned = clean(text)
    assert cleaned.faults == ()
    return [(one.line, one.column, one.sentence) for one in remarks_on(text, cleaned.classes)]


class Classes(HTMLParser):
    """The classes of a page by whether own CSS reaches them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.inside, self.shield, self.depth = False, "", 0
        self.reached, self.others = set[str](), set[str]()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = set((dict(attrs).get("class") or "").split())
        if self.inside and not self.shield and "brand-protected" in names:
            self.shield = tag
        self.depth += tag == self.shield
        (self.reached if self.inside and not self.shield else self.others).update(names)
        self.inside = self.inside or "brandable" in names

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag == self.shield
        self.shield = self.shield if self.depth else ""
        self.inside = self.inside and tag != "main"


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


def test_no_class_is_remarked_on_that_a_page_in_reach_has(app: Flask, acme, browse) -> None:
    alice = browse(acme, "Alice")
    alice.post("/settings/brand/css", {"custom_css": ".card { border-radius: 0 }", "version": "0"})
    objects, reached, others, walked = Objects(acme, acme.people["Alice"]), set[str](), set[str](), 0
    for rule in app.url_map.iter_rules():
        if (
            rule.endpoint.split(".")[0] in app.config["BRANDABLE"]
            and "GET" in (rule.methods or ())
            and rule.subdomain == "tenant"
        ):
            built = rule.build(objects.named_in(rule), append_unknown=False)
            answer = alice.get(built[1] if built else "")
            if answer.mimetype == "text/html" and " brandable" in answer.text:
                found, walked = Classes(answer.text), walked + 1
                reached |= found.reached
                others |= found.others
    assert walked > 15
    assert {"card", "stat", "table", "button"} <= reached
    assert {"shell", "sidebar", "topbar", "page", "flashes"} <= others - reached
    assert said("".join(f".{name} {{ color: red }}\n" for name in sorted(reached))) == []
    others -= reached | {"brandable", "brand-protected"}
    told = [sentence for _, _, sentence in said("".join(f".{name}{{}}" for name in sorted(others)))]
    frame = {sentence.split("”")[0].removeprefix("“.") for sentence in told}
    assert {name for name in frame ^ others if not name.startswith(SHARED)} == set()
