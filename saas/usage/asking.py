"""What an address asks of the events: the filter, and what of it cannot be understood."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta

from saas.catalogue.current import catalogue
from saas.usage.events import OUTCOMES, Charged, Filter, day_of, was_counted

DAYS_BACK = 90
"""How far a search goes back where it does not say from which day on."""
LONGEST = 200
_NAMES = tuple(field.name for field in fields(Filter))


@dataclass(frozen=True, slots=True)
class Fault:
    """A part of an address that is not understood: its name there, and what is wrong with it, without a full stop."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for, as far as it is understood."""

    filter: Filter
    faults: Sequence[Fault] = ()


def read_filter(values: Mapping[str, Sequence[str]], *, today: date) -> Asked:
    """The filter of an address, each name with all of its values; the first day is never missing."""
    given = {name: texts for name, texts in values.items() if any(texts)}
    wrong = {name: text for name, texts in given.items() if (text := _fault(name, texts))}
    texts = {name: given[name][0].strip() for name in _NAMES if name in given.keys() - wrong.keys()}
    since, until = day_of(texts.get("since", "")), day_of(texts.get("until", ""))
    charged = Charged.read(texts.get("charged", ""))
    since = since or (charged.since.date() - timedelta(days=1) if charged else None)
    texts["since"] = (since or min(today, until or today) - timedelta(days=DAYS_BACK)).isoformat()
    texts["until"] = until.isoformat() if until else ""
    return Asked(Filter(**texts), [Fault(name[:60], text) for name, text in wrong.items()])


def _fault(name: str, given: Sequence[str]) -> str:
    if name not in _NAMES:
        return f"is no filter; there are {', '.join(_NAMES)}"
    if len(given) > 1:
        return "is given more than once"
    text = given[0].strip()
    if "\0" in text:
        return "holds characters that cannot be searched for"
    if len(text) > LONGEST:
        return f"is longer than {LONGEST} characters"
    return _unknown(name, text) if text else ""


def _unknown(name: str, text: str) -> str:
    """What is wrong with a value of which there are only some."""
    if name in ("since", "until") and day_of(text) is None:
        return f"“{text}” is no day; write it like 2026-11-21"
    if name == "charged" and Charged.read(text) is None:
        return "is no line of an invoice; follow the link on the invoice again"
    if name == "outcome" and text not in OUTCOMES:
        return f"“{text}” is none of {', '.join(OUTCOMES)}"
    if name == "meter" and text not in catalogue().meters and not was_counted(text):
        return f"“{text}” is no meter, and nothing was ever counted by that name"
    return ""
