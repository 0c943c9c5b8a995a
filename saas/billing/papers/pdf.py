"""Papers as PDF/A-3: typeset by Typst from the template beside this file.

The words go in as JSON, never as source. The fonts beside this file have Latin, Greek, Cyrillic, Arabic and Japanese letters;
for others those of the system are asked, and what none of them has is printed as a box and named in a note.
"""

import json
import re
import threading
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import structlog
import typst

from saas.billing.papers.facts import Paper, check_sums
from saas.billing.papers.facturx import facturx_xml, has_facturx
from saas.billing.papers.hybrid import as_hybrid
from saas.billing.papers.words import words_of

HERE = Path(__file__).parent
TEMPLATE = (HERE / "invoice.typ").read_bytes()
LARGEST_LOGO = 300_000
BOX = "\u25a1"
_LOGOS = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"<svg", b"<?xml")
_MISSING = re.compile(r'the text `"(.*?)"` could not be displayed')
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")
_log = structlog.get_logger(__name__)
_mine = threading.local()


def invoice_pdf(paper: Paper) -> bytes:
    """The paper as PDF/A-3b, with its Factur-X XML inside where seller and buyer are European; the same bytes each time.

    Raises ValueError when its sums do not agree.
    """
    check_sums(paper)
    words = words_of(paper)
    hybrid = has_facturx(paper)
    if hybrid:
        words["attached"] = facturx_xml(paper).decode()
    if paper.brand.logo and is_logo(paper.brand.logo):
        words["logo"] = list(paper.brand.logo)
    pdf = _without_bad_logo(words, _moment(paper))
    return as_hybrid(pdf) if hybrid else pdf


def paper_picture(paper: Paper, *, per_inch: int = 110) -> bytes:
    """The first page of the paper as PNG, at so many pixels per inch; for previews."""
    words = words_of(paper)
    if paper.brand.logo and is_logo(paper.brand.logo):
        words["logo"] = list(paper.brand.logo)
    pages = _compiler(system=False).compile(
        TEMPLATE, format="png", ppi=per_inch, timestamp=_moment(paper), sys_inputs={"paper": json.dumps(words)}
    )
    first = pages[0] if isinstance(pages, list) else pages
    assert isinstance(first, bytes)
    return first


def is_logo(data: bytes) -> bool:
    """Whether this may be a picture that can be printed: PNG, JPEG or SVG, at most LARGEST_LOGO bytes."""
    return len(data) <= LARGEST_LOGO and data.lstrip().startswith(_LOGOS)


def _moment(paper: Paper) -> datetime:
    return datetime(paper.issued.year, paper.issued.month, paper.issued.day, tzinfo=UTC)


def _without_bad_logo(words: dict[str, Any], moment: datetime) -> bytes:
    try:
        return _in_some_fonts(words, moment)
    except typst.TypstError as error:
        if "logo" not in words:
            raise
        _log.warning("papers.logo_unusable", fault=error.message)
        return _in_some_fonts({name: value for name, value in words.items() if name != "logo"}, moment)


def _in_some_fonts(words: dict[str, Any], moment: datetime) -> bytes:
    """The document in our own fonts; with the system's if they do not do; with boxes if those do not either."""
    try:
        return _compiled(words, moment, system=False)
    except typst.TypstError as error:
        if not _missing(error):
            raise
    try:
        return _compiled(words, moment, system=True)
    except typst.TypstError as error:
        if not (signs := _missing(error)):
            raise
        _log.warning("papers.letters_missing", signs=signs)
        return _compiled(_boxed(words, signs), moment, system=True)


def _missing(error: typst.TypstError) -> str:
    """The characters that no font has."""
    told = "".join(_MISSING.findall(error.diagnostic))
    return "".join(sorted(set(_ESCAPED.sub(lambda escape: chr(int(escape[1], 16)), told))))


def _boxed(words: dict[str, Any], signs: str) -> dict[str, Any]:
    named = ", ".join(f"U+{ord(sign):04X}" for sign in signs[:20])
    kept = {name: words[name] for name in words if name in ("attached", "logo")}
    told = json.dumps({**words, **dict.fromkeys(kept)}, ensure_ascii=False)
    boxed: dict[str, Any] = json.loads(told.translate({ord(sign): BOX for sign in signs}))
    note = f"A box ({BOX}) stands for a letter that could not be printed: {named}{' and others' if len(signs) > 20 else ''}."
    return {**boxed, **kept, "notes": [*boxed["notes"], note]}


def _compiled(words: dict[str, Any], moment: datetime, *, system: bool) -> bytes:
    pdf = _compiler(system=system).compile(
        TEMPLATE, format="pdf", pdf_standards="a-3b", timestamp=moment, sys_inputs={"paper": json.dumps(words)}
    )
    assert isinstance(pdf, bytes)
    return pdf


@cache
def _fonts(system: bool) -> typst.Fonts:
    return typst.Fonts(include_system_fonts=system, font_paths=[str(HERE / "fonts")])


def _compiler(*, system: bool) -> typst.Compiler:
    """This thread's compiler: one serves one document at a time."""
    known: dict[bool, typst.Compiler] = _mine.__dict__.setdefault("compilers", {})
    if system not in known:
        known[system] = typst.Compiler(root=HERE / "fonts", font_paths=_fonts(system))
    return known[system]
