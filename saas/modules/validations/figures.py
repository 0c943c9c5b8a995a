"""How documents did, day by day, and what they failed at: what charts and cards are made of."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import TextClause, text

from saas.core.clock import now
from saas.core.database import db
from saas.modules.validations.checking import LABELS
from saas.modules.validations.models import DOCUMENT_TYPES

MOST_VIOLATIONS = 10
SHORT_TYPES = {
    "financial_promotion": "Promotion",
    "privacy_notice": "Privacy",
    "employment_contract": "Contract",
    "nda": "NDA",
    "tax_advice": "Tax",
    "invoice": "Invoice",
    "other": "Other",
}
SHORT_SETS = {
    "fca_uk": "FCA",
    "gdpr_uk": "GDPR",
    "tax_uk": "Tax",
    "nda_uk": "NDA",
    "hr_scottish": "HR",
    "custom": "Own",
}


@dataclass(frozen=True, slots=True)
class Day:
    """What was checked on one day of the organisation's calendar."""

    date: date
    passed: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """How the documents of one type, or those checked against one rule set, did; ``short`` fits below a bar."""

    label: str
    short: str
    passed: int
    failed: int


@dataclass(frozen=True, slots=True)
class Violation:
    """A gate that documents failed at, in how many of them; ``rule_set`` is what its rule set is called."""

    gate: str
    label: str
    rule_set: str
    count: int


@dataclass(frozen=True, slots=True)
class Analytics:
    """A number of days, each of them there, oldest first, and what was found in them."""

    days: Sequence[Day]
    types: Sequence[Part] = ()
    rule_sets: Sequence[Part] = ()
    violations: Sequence[Violation] = ()
    passed: int = field(init=False)
    failed: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "passed", sum(day.passed for day in self.days))
        object.__setattr__(self, "failed", sum(day.failed for day in self.days))

    @property
    def checked(self) -> int:
        """How many documents were checked."""
        return self.passed + self.failed

    @property
    def pass_rate(self) -> float | None:
        """The share of documents that passed, 0 to 1; None when none was checked."""
        return self.passed / self.checked if self.checked else None


def get_trend(*, days: int, zone: str) -> Analytics:
    """The last days up to today, which begin and end as in the time zone, without the rest. One statement."""
    since, dates = _since(days, zone)
    rows = db.session.execute(_DAYS, {"since": since, "zone": zone})
    found = {row[0]: Day(*row) for row in rows}
    return Analytics([found.get(day, Day(day)) for day in dates])


def get_analytics(*, days: int, zone: str) -> Analytics:
    """The last days with all that was found in them. Four statements, however many documents there are."""
    since, _ = _since(days, zone)
    types, sets = _parts(_TYPES, since), _parts(_RULE_SETS, since)
    return Analytics(
        get_trend(days=days, zone=zone).days,
        [Part(label, SHORT_TYPES[name], *types[name]) for name, label in DOCUMENT_TYPES.items() if name in types],
        [Part(label, SHORT_SETS[name], *sets[name]) for name, label in LABELS.items() if name in sets],
        [_violation(*row) for row in db.session.execute(_VIOLATIONS, {"since": since, "most": MOST_VIOLATIONS})],
    )


def _since(days: int, zone: str) -> tuple[datetime, list[date]]:
    today = now().astimezone(ZoneInfo(zone)).date()
    first = today - timedelta(days=days - 1)
    return datetime.combine(first, time.min, ZoneInfo(zone)), [first + timedelta(days=n) for n in range(days)]


def _parts(query: TextClause, since: datetime) -> dict[str, tuple[int, int]]:
    return {row[0]: (row[1], row[2]) for row in db.session.execute(query, {"since": since})}


def _violation(gate: str, label: str, count: int) -> Violation:
    name = gate.partition(".")[0]
    return Violation(gate, label, LABELS.get(name, name), count)


def as_dict(found: Analytics) -> dict[str, Any]:
    """The same for programs."""
    return {
        "checked": found.checked,
        "passed": found.passed,
        "failed": found.failed,
        "pass_rate": None if found.pass_rate is None else round(found.pass_rate, 4),
        "violations": [
            {"gate": one.gate, "label": one.label, "rule_set": one.rule_set, "count": one.count}
            for one in found.violations
        ],
        "document_types": [_part(part) for part in found.types],
        "rule_sets": [_part(part) for part in found.rule_sets],
        "days": [{"date": day.date.isoformat(), "passed": day.passed, "failed": day.failed} for day in found.days],
    }


def _part(part: Part) -> dict[str, Any]:
    return {"label": part.label, "passed": part.passed, "failed": part.failed}


_DAYS = text(
    "SELECT CAST(timezone(:zone, created_at) AS date) AS day, count(*) FILTER (WHERE result = 'pass'),"
    " count(*) FILTER (WHERE result = 'fail') FROM validations WHERE created_at >= :since GROUP BY day"
)
_TYPES = text(
    "SELECT document_type, count(*) FILTER (WHERE result = 'pass'), count(*) FILTER (WHERE result = 'fail')"
    " FROM validations WHERE created_at >= :since GROUP BY document_type"
)
_RULE_SETS = text(
    "SELECT one.key, count(*) FILTER (WHERE one.value = 'true'), count(*) FILTER (WHERE one.value = 'false')"
    " FROM validations, jsonb_each_text(rule_sets) AS one WHERE created_at >= :since GROUP BY one.key"
)
_VIOLATIONS = text(
    "SELECT one.key, max(one.value), count(*) AS times FROM validations, jsonb_each_text(failed) AS one"
    " WHERE created_at >= :since GROUP BY one.key ORDER BY times DESC, one.key LIMIT :most"
)
