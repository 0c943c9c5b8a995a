"""Customers' own CSS: what goes through, what does not and why, and that nothing else ever comes out."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from tinycss2 import parse_blocks_contents, parse_component_value_list, parse_rule_list

from saas.branding.css_rules.faults import TOLD
from saas.branding.css_rules.grammar import FAMILIES, FUNCTIONS, MATH, words_of
from saas.branding.css_rules.parts import PARTS
from saas.branding.css_rules.properties import GROUPS, PROPERTIES
from saas.branding.css_rules.selectors import COUNTED, ELEMENTS, STATES
from saas.branding.css_rules.tokens import COLOURS, KINDS, TRANSLUCENT
from saas.branding.custom_css import CLOSING, OPENING, RULES, SELECTORS, Cleaned, clean
from tests.branding.sheets import BOLD, CLUMSY, HOSTILE

ROOT = Path(__file__).resolve().parents[2]
KNOWN_FUNCTIONS = {*FUNCTIONS, *MATH, *COUNTED, "var", "not"}


def rows() -> list[str]:
    """The table of the help, a row for each group of properties."""
    return [
        f"| {group.heading} | {', '.join(f'`{name}`' for name in group.names)} | {group.takes.takes} |"
        for group in GROUPS
    ]


def inside(cleaned: Cleaned) -> str:
    """What stands between our own two blocks."""
    return cleaned.css.removeprefix(OPENING).removesuffix(CLOSING)


def tokens(nodes: list[Any]) -> Iterator[Any]:
    """Every token, however deep."""
    for node in nodes:
        yield node
        yield from tokens([*(getattr(node, "content", None) or ()), *(getattr(node, "arguments", None) or ())])


def assert_tame(css: str) -> None:
    """The sheet is one layer with one scope, and in it only what we know."""
    assert css.isascii()
    assert not re.search(r"[<\\!&*\[\]#@]{2}|/\*|<|\\|!|\[|url|import|expression", css.replace("(min-", ""))
    assert css.count("{") == css.count("}")
    (layer,) = parse_rule_list(css, skip_whitespace=True)
    (scope,) = parse_rule_list(layer.content, skip_whitespace=True)
    assert (layer.lower_at_keyword, scope.lower_at_keyword) == ("layer", "scope")
    for rule in parse_rule_list(scope.content, skip_whitespace=True):
        if rule.type == "at-rule":
            assert rule.lower_at_keyword == "media"
        for inner in parse_rule_list(rule.content, skip_whitespace=True) if rule.type == "at-rule" else [rule]:
            assert_tame_rule(inner)
    found = list(tokens(parse_component_value_list(inside(Cleaned(css)))))
    assert {token.type for token in found}.isdisjoint({"url", "error", "unicode-range", "[] block"})
    assert {token.lower_name for token in found if token.type == "function"} <= KNOWN_FUNCTIONS
    assert {token.value for token in found if token.type == "string"} <= set(FAMILIES.values())
    assert {token.value for token in found if token.type == "ident" and token.value.startswith("--")} <= {
        f"--{name}" for name in KINDS
    }


def assert_tame_rule(rule: Any) -> None:
    """A rule for what is below the scope's root, with properties that may be set."""
    assert rule.type == "qualified-rule"
    for declaration in parse_blocks_contents(rule.content, skip_whitespace=True):
        assert declaration.type == "declaration"
        assert declaration.lower_name in PROPERTIES
        assert not declaration.important
    selector = "".join(token.serialize() for token in rule.prelude)
    assert all(re.match(r":scope[ >]", one) for one in selector.split(","))


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_hostile_is_refused_with_a_reason_and_its_twin_is_not(name: str) -> None:
    text, said, twin = HOSTILE[name]
    refused, taken = clean(text), clean(twin)

    assert said in " ".join(fault.sentence for fault in refused.faults)
    assert refused.css == ""
    assert taken.faults == ()
    assert_tame(taken.css)


@pytest.mark.parametrize("name", CLUMSY)
def test_a_slip_is_told_where_it_is_and_as_what_it_is(name: str) -> None:
    text, place, said, twin = CLUMSY[name]
    first = clean(text).faults[0]

    assert (first.line, first.column) == place
    assert said in first.sentence
    assert clean(twin).faults == ()


def test_a_sheet_comes_out_as_we_write_it() -> None:
    text = """/* Ours */
        .Card  H2 , :scope > a:HOVER,
        li:nth-child( 2N + 1 ):not( .x ) { COLOR : var( --primary ) ; padding: calc( 1.50rem + 2px ) 0;
            font-family: "segoe ui", SANS-SERIF; background: linear-gradient(to right, #FFF 10%, RED) }
        @media (Min-Width: 40em) and (prefers-color-scheme: dark), print { p { margin: 0 auto } }"""
    assert inside(clean(text)) == (
        ":scope .Card h2,:scope>a:hover,:scope li:nth-child(2n+1):not(.x){color:var(--primary);"
        'padding:calc(1.5rem + 2px) 0;font-family:"Segoe UI",sans-serif;background:linear-gradient(to right,#fff 10%,red)}\n'
        "@media (min-width:40em) and (prefers-color-scheme:dark),print{\n:scope p{margin:0 auto}\n}\n"
    )
    assert clean(text).rules == 2


@pytest.mark.parametrize("text", [BOLD, *(twin for _, _, twin in HOSTILE.values())])
def test_what_came_out_gives_itself_again(text: str) -> None:
    once = clean(text)
    assert once.css
    assert clean(inside(once)) == once


@pytest.mark.parametrize("text", ["", " \n", "/* nothing yet */", "\ufeff"])
def test_nothing_makes_an_empty_sheet_without_faults(text: str) -> None:
    assert clean(text) == Cleaned("")


def test_all_faults_are_told_at_once_by_line_and_column() -> None:
    answer = clean("p { colr: red;\r\n  width: 9px;\r\n\tz-index: 3 }\n\n#a { color: blue }\n.b{color: #12}")
    assert [(fault.line, fault.column, fault.excerpt) for fault in answer.faults] == [
        (1, 5, "colr: red;"),
        (3, 2, "z-index: 3 }"),
        (5, 1, "#a { color: blue }"),
        (6, 11, "#12}"),
    ]
    assert "Did you mean color?" in answer.faults[0].sentence
    assert answer.css == ""


def test_after_fifty_faults_only_their_number_is_told() -> None:
    answer = clean("p{\n" + "colr:red;\n" * 60 + "}")
    assert (len(answer.faults), answer.more) == (TOLD, 10)
    assert answer.faults[-1].line == TOLD + 1


@pytest.mark.parametrize(
    "text", ["\x01\n" * 30_000, "p{" + "zz:y;" * 13_000 + "}", "a;" * 30_000, "(" * 60_000, "url(" * 16_000]
)
def test_a_sheet_of_faults_alone_is_not_read_to_its_end(text: str) -> None:
    answer = clean(text)
    assert answer.css == ""
    assert 1 <= len(answer.faults) + answer.more <= 500


def test_sentences_show_nothing_that_cannot_be_seen() -> None:
    (fault,) = clean("p{a\\0a\\202e b:1}").faults
    assert fault.sentence.isprintable()
    assert fault.excerpt.isprintable()


@pytest.mark.parametrize("name", PROPERTIES)
def test_every_property_takes_its_words_and_none_of_those_that_load(name: str) -> None:
    for word in [*sorted(PROPERTIES[name].words), "inherit"]:
        assert clean(f"p{{{name}:{word}}}").faults == ()
    for value in (
        "url(a)",
        "image-set('a' 1x)",
        "attr(title)",
        "'a'",
        "[a]",
        "{}",
        "var(--x)",
        "-webkit-x",
        "1x",
        "@a",
        "x\\79 ",
    ):
        assert clean(f"p{{{name}:{value}}}").css == ""


@pytest.mark.parametrize("name", sorted(ELEMENTS))
def test_every_element_can_be_named(name: str) -> None:
    assert clean(f"{name}>.{name}{{}}").faults == ()


NAMES = some.sampled_from([*sorted(PROPERTIES), "position", "--x", "c\\6flor", "content"])
ATOMS = some.sampled_from(
    sorted(
        words_of(
            "red #fff 1px 2rem 50% 0 0.5 -3px 1e3px 1e999 solid auto none var(--primary) var(--space-2) calc(1px+2px) calc(1px*2) "
            "rgb(1_2_3/50%) linear-gradient(to_top,red,blue) url(a) 'x' \\75rl(a) / , ( ) ; } { ! @media <!-- inset 200ms ease"
        )
    )
).map(lambda text: text.replace("_", " "))
PIECES = some.sampled_from(
    [
        *(
            "p",
            ".card",
            ":hover",
            ":not(.x)",
            ":nth-child(2n-1)",
            " ",
            ">",
            ",",
            "h2",
            ":scope",
            "#a",
            "[a]",
            "*",
            "::before",
            "+",
        ),
        *sorted(f":{state}" for state in STATES),
    ]
)
DECLARATIONS = some.builds(
    lambda name, values: f"{name}:{' '.join(values)};", NAMES, some.lists(ATOMS, min_size=1, max_size=3)
)
RULE = some.builds(
    lambda pieces, declarations: f"{''.join(pieces)}{{{''.join(declarations)}}}",
    some.lists(PIECES, min_size=1, max_size=4),
    some.lists(DECLARATIONS, max_size=3),
)
MEDIA = some.builds(
    lambda query, rules: f"@media {query}{{{''.join(rules)}}}",
    some.sampled_from(["print", "(min-width:1px)", "(prefers-reduced-motion:reduce)", "not all", "((x))"]),
    some.lists(RULE, max_size=2),
)


@given(
    some.one_of(
        some.text(), RULE, MEDIA, some.lists(some.one_of(RULE, MEDIA, some.text(max_size=3)), max_size=4).map("".join)
    )
)
def test_whatever_is_written_only_what_is_known_comes_out(text: str) -> None:
    answer = clean(text)
    assert answer == clean(text)
    assert not (answer.css and answer.faults)
    assert not answer.more or len(answer.faults) == TOLD
    if answer.css:
        assert_tame(answer.css)
        assert clean(inside(answer)) == answer


GOOD_VALUES = some.sampled_from(
    sorted(words_of("red #abc 1px 8px 1rem 10% 0 1 400 bold none var(--primary) var(--radius) var(--shadow) inherit"))
)


@given(some.lists(some.tuples(some.sampled_from(sorted(PROPERTIES)), GOOD_VALUES), min_size=1, max_size=4))
def test_declarations_come_out_one_by_one_or_not_at_all(pairs: list[tuple[str, str]]) -> None:
    text = ";".join(f"{name}:{value}" for name, value in pairs)
    answer = clean(f"p{{{text}}}")
    assert inside(answer) in ("", f":scope p{{{text}}}\n")
    assert bool(answer.css) != bool(answer.faults)


def test_tokens_are_those_of_the_design() -> None:
    design = {*re.findall(r"--([a-z0-9-]+):", (ROOT / "saas/static/css/tokens.css").read_text())}
    assert set(KINDS) <= design
    assert design - set(KINDS) == {"shade", "overlay", "sidebar-width"}


def test_the_help_tells_every_part_of_pages_that_stays() -> None:
    page = (ROOT / "docs/custom-css.md").read_text()
    told = [f"| {part.heading} | {', '.join(f'`{one}`' for one in part.selectors)} | {part.what} |" for part in PARTS]
    assert [row for row in told if row not in page] == []


def test_the_help_tells_every_property_and_what_it_takes() -> None:
    page = (ROOT / "docs/custom-css.md").read_text()
    assert [row for row in rows() if row not in page] == []
    assert f"{RULES} rules" in page
    assert f"{SELECTORS} selectors" in page


def test_the_example_of_the_help_is_fine() -> None:
    example = re.search(r"(?ms)^```css\n(.*?)^```", (ROOT / "docs/custom-css.md").read_text())
    assert example
    assert clean(example[1]).faults == ()


def test_the_colours_through_which_can_be_seen_are_those_of_the_design() -> None:
    design = (ROOT / "saas/static/css/tokens.css").read_text()
    assert {*re.findall(r"--([a-z0-9-]+): color-mix\([^;]*transparent\)", design)} & COLOURS == TRANSLUCENT
