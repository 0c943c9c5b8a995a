"""Plain papers of the sandbox: enough to be downloaded and read, nothing to be proud of."""

import json

import typst

TEMPLATE = rb"""
#let it = json(bytes(sys.inputs.paper))
#set document(title: it.title)
#set page(paper: "a4", margin: 25mm, background: rotate(-35deg, text(60pt, fill: luma(225))[Simulated]))
#set text(font: "Libertinus Serif", size: 11pt)
#text(20pt, it.title) \
#it.seller
#v(1em)
#for line in it.who + it.facts { if line != "" [#line \ ] }
#v(2em)
#table(columns: (1fr, auto), align: (left, right), stroke: (x, y) => (bottom: 0.5pt + luma(200)), ..it.rows.flatten())
#v(2em)
Payments are simulated. No money moves.
"""


def paper_of(title: str, seller: str, who: list[str], facts: list[str], rows: list[list[str]]) -> bytes:
    """A page with a title, who sells and buys, and rows of words and amounts, as PDF."""
    told = json.dumps({"title": title, "seller": seller, "who": who, "facts": facts, "rows": rows})
    made = typst.compile(TEMPLATE, format="pdf", sys_inputs={"paper": told}, ignore_system_fonts=True)
    assert isinstance(made, bytes)
    return made
