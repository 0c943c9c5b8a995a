"""How use goes: over time, by what and by whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from flask import render_template, request
from flask.typing import ResponseReturnValue

from saas.catalogue.current import catalogue
from saas.tenancy.entitlements import entitlements
from saas.tenancy.locales import day_in
from saas.usage.analytics import (
    MOST_PARTS,
    OTHER,
    SPANS,
    Course,
    Span,
    get_adoption,
    get_courses,
    get_parts,
    get_shares,
)
from saas.usage.module import COSTS
from saas.usage.people import names_of
from saas.usage.queries import rolled_up_at
from saas.usage.routes.blueprint import bp, priced
from saas.web.access import requires
from saas.web.charts import Chart, Series, bar_chart, stacked_bar_chart
from saas.web.format import language, money
from saas.web.visit import current_account


@dataclass(frozen=True, slots=True)
class Shown:
    """The charts of the page: a meter over time, and what everything cost."""

    trend: Chart
    costs: Chart


@bp.get("/analytics")
@requires(COSTS)
def analytics() -> ResponseReturnValue:
    """A meter over the last days: its course, its parts, who used most; and what all meters cost."""
    span = Span.of(next((days for days in SPANS if str(days) == request.args.get("days")), min(SPANS)))
    courses = get_courses(span)
    course = courses.get(request.args.get("meter", "")) or _busiest(courses)
    if course is None:
        return render_template("usage/nothing_metered.html")
    parts = get_parts(span, course) if catalogue().meters[course.meter].dimension else {}
    shares = get_shares(span, course)
    return render_template(
        "usage/analytics.html",
        span=span,
        spans=list(SPANS),
        meter=catalogue().meters[course.meter],
        course=course,
        courses=courses,
        charts=Shown(_trend(span, course, parts), _costs(span, courses)),
        shares=shares,
        costs=any(one.total.cost or one.before.cost or priced(name) for name, one in courses.items()),
        names=names_of(share.id for share in shares["user"]),
        adoption=get_adoption(span),
        own=str(current_account().id),
        as_of=rolled_up_at(),
    )


def _busiest(courses: Mapping[str, Course]) -> Course | None:
    """What is looked at first: what cost most, else what was used most often."""
    return max(courses.values(), key=lambda course: (course.total.cost, course.total.events), default=None)


def _labels(span: Span) -> list[str]:
    """The days of a chart, each chunk by its first one."""
    return [day_in(language(), day, "short") for day in span.first_days]


def _trend(span: Span, course: Course, parts: Mapping[str, Sequence[Decimal]]) -> Chart:
    """Stacked by dimension where there are parts; what was given back may lie below zero, and is not stacked."""
    whole = [float(chunk.quantity) for chunk in course.chunks]
    below = min((min(part) for part in parts.values()), default=Decimal(0)) < 0 or min(whole, default=0) < 0
    if parts and not below:
        stacked = [Series(part_name(name), [float(value) for value in values]) for name, values in parts.items()]
        return stacked_bar_chart(_labels(span), stacked, label_head="Day", most_labels=5)
    single = Series(catalogue().meters[course.meter].label, whole)
    return bar_chart(_labels(span), [single], label_head="Day", most_labels=5)


def part_name(value: str) -> str:
    """What a dimension is called."""
    return value.replace("_", " ") if value else "not told"


def _costs(span: Span, courses: Mapping[str, Course]) -> Chart:
    """What all meters cost, the dearest by name."""
    dearest = sorted(
        (course for course in courses.values() if course.total.cost), key=lambda course: -course.total.cost
    )
    named, rest = dearest[:MOST_PARTS], dearest[MOST_PARTS:]
    series = [Series(catalogue().meters[one.meter].label, _cost_of([one])) for one in named]
    series += [Series(OTHER, _cost_of(rest))] if rest else []
    return stacked_bar_chart(_labels(span), series, format=_money, label_head="Day", most_labels=5)


def _cost_of(courses: Sequence[Course]) -> list[float]:
    chunks = zip(*(course.chunks for course in courses), strict=True)
    return [max(0.0, float(sum(chunk.cost for chunk in together))) for together in chunks]


def _money(value: float) -> str:
    return money(Decimal(str(round(value, 6))), entitlements().terms.currency)
