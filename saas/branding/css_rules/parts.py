"""The parts of pages that own CSS may count on: their classes and elements stay when pages change."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """Selectors that belong together, and what they are; under a heading for people."""

    heading: str
    selectors: tuple[str, ...]
    what: str


def _part(heading: str, selectors: str, what: str) -> Part:
    return Part(heading, tuple(selectors.split()), what)


PARTS = (
    _part("Page", ".page-head h1 .page-description .page-actions", "the top of a page: its title, a sentence, buttons"),
    _part("Page", ".tabs .segments", "pages of a page, and a switch between views, such as 7 or 30 days"),
    _part("Page", "h2 h3 p a ul ol li time code", "headings, text, links, lists, times, code"),
    _part("Page", ".strong .small .muted .mono", "strong, small, pale and evenly spaced text"),
    _part("Cards", ".card .card-body", "a box, and what stands in it"),
    _part("Cards", ".card-head .card-title .card-description .card-actions", "its head: title, a sentence, buttons"),
    _part("Figures", ".stats .stat", "a row of figures, and one of them"),
    _part(
        "Figures",
        ".stat-label .stat-value .stat-foot .stat-hint",
        "its name, the figure, the line below, and its words",
    ),
    _part("Figures", ".stat-change .stat-good", "how it changed, and a change that is welcome"),
    _part("Figures", ".meter .meter-label .meter-text .progress", "how much of a limit is used: name, words, bar"),
    _part("Tables", ".table-wrap .table", "a table, and the box around it"),
    _part("Tables", "thead tbody tr th td .cell-end", "its head, body, rows and cells; a cell of figures"),
    _part("Tables", ".toolbar .pagination .page-link", "search and filters above, pages below"),
    _part("Tables", ".details .details-row dt dd", "a list of names and values"),
    _part("Charts", ".chart .chart-title figcaption", "a chart, its title, the line that holds it"),
    _part("Charts", ".legend .legend-item .legend-key", "what its colours mean"),
    _part("Buttons", ".button", "every button"),
    _part("Buttons", ".button-primary .button-secondary .button-ghost .button-danger .button-icon", "its kinds"),
    _part("Buttons", ".button-sm .button-xs", "smaller ones"),
    _part("Badges", ".badge .badge-dot", "a state in a word, and the dot before it"),
    _part("Badges", ".badge-neutral .badge-success .badge-info .badge-warning .badge-danger", "its kinds"),
    _part("Badges", ".chip .avatar .icon", "a filter in force, a person’s letters, a sign"),
    _part(
        "Lists", ".timeline .timeline-item .timeline-title .timeline-text .timeline-when", "what happened, one by one"
    ),
    _part("Lists", ".checklist .checklist-item .checklist-label .checklist-text", "what is left to do"),
    _part("Lists", ".empty .empty-title .empty-text", "the words where there is nothing yet"),
    _part("Forms", "form .field .label .hint", "a form; a field with its name and advice"),
    _part("Forms", ".input .textarea .select .checkbox .radio .switch", "what is filled in"),
)

CLASSES = frozenset(one[1:] for part in PARTS for one in part.selectors if one[0] == ".")
"""The classes among them."""
