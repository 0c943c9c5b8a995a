"""Why something is refused, and what to do instead, for what people write most."""

import re
from difflib import get_close_matches

from saas.branding.css_rules.faults import quoted
from saas.branding.css_rules.properties import PROPERTIES

NOTHING_LOADS = "Nothing may be loaded from a style sheet: it would tell another place who is looking."
LOADS = f"{NOTHING_LOADS} Upload pictures as the logo."
COVERS = "Nothing may be laid over other parts of the page."
HIDES = "Nothing may be hidden or shown by a style sheet, so that nobody misses a warning."
READS = "Selectors by attribute are not taken: they can read what people type. Give the class instead."
ONLY_MEDIA = "The only rule that may begin with @ is @media."

PROPERTY_REASONS = (
    (
        r"position|inset.*|top|right|bottom|left|z-index|float|clear|transform.*|translate|rotate|scale|perspective.*",
        COVERS,
    ),
    (
        r"offset.*|anchor.*|order|grid.*|flex(-(direction|flow|grow|shrink|basis))?|column.*",
        "The layout is the page's own.",
    ),
    (r"display|visibility|opacity|overflow.*|clip.*|mask.*|filter|backdrop-filter|mix-blend-mode|isolation", HIDES),
    (r"(max-)?(height|block-size)|text-indent|text-overflow|contain.*|content-visibility|zoom", HIDES),
    (r"content|quotes|counter.*", "Words belong to the page: a style sheet cannot add any."),
    (r"animation.*|transition-(delay|behavior)|will-change|scroll.*|view-.*", "Nothing may move by itself or late."),
    (r"outline.*", "The outline shows people with a keyboard where they are. Set the focus colour in the brand."),
    (r"cursor|pointer-events|user-select|touch-action|resize|appearance", "How the page is used does not change."),
    (r"font", "Write font-family, font-size, font-weight and line-height apart."),
    (r"src|unicode-range|list-style(-image)?|border-image.*", LOADS),
    (r"behavior|-moz-binding", "A style sheet cannot run anything."),
    (r"all", "Name the properties one by one."),
    (
        r"--.*",
        "Names of your own cannot be defined; use the colours and lengths of the design, such as var(--primary).",
    ),
    (r"-(webkit|moz|ms|o)-.*", "Names for single browsers are not needed. Leave it out."),
)
FUNCTION_REASONS = (
    (r"url|src|image|image-set|-webkit-image-set|cross-fade|-webkit-cross-fade|element|paint|local|format", LOADS),
    (r"attr|env|expression|counters?|if|inherit", "It would read what the page or the device knows."),
    (r"repeating-.*", "Patterns that repeat are not taken. Use linear-gradient or radial-gradient."),
    (r"-(webkit|moz|ms|o)-.*", "Names for single browsers are not needed. Leave it out."),
)
AT_RULE_REASONS = (
    (r"import", f"{NOTHING_LOADS} Paste what you would import into this sheet."),
    (r"font-face|font-feature-values|font-palette-values", f"{ONLY_MEDIA} Fonts are chosen in the brand."),
    (r"charset", "@charset is not needed: leave it out."),
    (r".*keyframes", f"{ONLY_MEDIA} Nothing may move by itself."),
    (r"layer|scope", f"{ONLY_MEDIA} Your sheet gets a layer and a scope of its own."),
    (r"supports|container", f"{ONLY_MEDIA} A browser skips what it does not know, so write the rules without it."),
)
PSEUDO_REASONS = (
    (r"before|after|first-letter|first-line|marker|selection|placeholder|backdrop|.*-.*", ""),
    (r"root|host.*", "Only the content of a page can be styled. Colours of the whole page are set in the brand."),
    (r"visited|link|any-link", "It tells where people have been. Write a instead."),
    (r"has|is|where|matches|any|contains", "Write the selectors out, one by one."),
)


def _found(table: tuple[tuple[str, str], ...], name: str) -> str:
    return next((reason for pattern, reason in table if re.fullmatch(pattern, name)), "")


def why_not_property(name: str) -> str:
    """The sentence for a property that is not taken."""
    reason = _found(PROPERTY_REASONS, name)
    near = "" if reason else next(iter(get_close_matches(name[:40], PROPERTIES, 1, 0.8)), "")
    near = f"Did you mean {near}?" if near else "What can be set is listed below the text."
    return f"{quoted(name)} cannot be set. {reason or near}"


def why_not_function(name: str) -> str:
    """The sentence for a function that is not taken."""
    return f"{quoted(name + '()')} cannot be used. {_found(FUNCTION_REASONS, name)}".strip()


def why_not_at_rule(name: str) -> str:
    """The sentence for a rule that begins with @."""
    return f"{quoted('@' + name)} cannot be used. {_found(AT_RULE_REASONS, name) or ONLY_MEDIA}"


def why_not_pseudo_class(name: str) -> str:
    """The sentence for what follows a colon in a selector."""
    return f"{quoted(':' + name)} cannot be used. {_found(PSEUDO_REASONS, name)}".strip()
