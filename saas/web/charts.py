"""Geometry of charts: numbers in, percentages of the plot out.

Everything here is pure. Templates draw the result with the macros of ``components/charts.html``; they do no
arithmetic. ``x`` runs from 0 (left) to 100 (right) and ``y`` from 0 (top) to 100 (bottom), rounded to two
decimals. Every chart carries the same numbers as a table (``headers`` and ``rows``) for people who listen.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

MOST_SERIES = 6
"""The design tokens name six chart colours, ``--chart-1`` to ``--chart-6``."""

Format = Callable[[float], str]
Tone = Literal["destructive"]
Slot = int | Tone
"""The colour of a series: a chart colour, 1 to 6, or a tone."""


@dataclass(frozen=True, slots=True)
class Series:
    """One measured thing; ``None`` stands for "not known" and leaves a gap, which is not the same as zero.

    A ``tone`` gives it a colour with a meaning; else it has that of its place among the series.
    """

    name: str
    values: Sequence[float | None]
    tone: Tone | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    """A label on an axis and its distance from the plot's left or top edge."""

    position: float
    label: str


@dataclass(frozen=True, slots=True)
class Mark:
    """One value inside a column; ``y`` is None where the value is unknown. ``slot`` is the colour."""

    name: str
    slot: Slot
    label: str
    y: float | None


@dataclass(frozen=True, slots=True)
class Column:
    """The stripe of the plot that belongs to one label: where the pointer finds its values."""

    label: str
    x: float
    width: float
    centre: float
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A series as SVG path data in a 100 by 100 box: the stroke, and the area down to zero."""

    name: str
    slot: Slot
    path: str
    area: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle; ``slot`` is its colour."""

    slot: Slot
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Chart:
    """All that a line, area or bar chart needs to be drawn and read out."""

    y_ticks: tuple[Tick, ...]
    x_ticks: tuple[Tick, ...]
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    bars: tuple[Bar, ...]
    legend: tuple[tuple[str, Slot], ...]
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def is_blank(self) -> bool:
        """Whether there would be nothing to see but axes."""
        return not self.bars and not any(line.path for line in self.lines)


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps values to ``y``; ``low`` and ``high`` are the first and last tick."""

    low: float
    high: float

    def y(self, value: float) -> float:
        """Distance from the top, in percent of the plot's height."""
        return round(100 * (self.high - value) / (self.high - self.low), 2)


def compact_number(value: float) -> str:
    """A number short enough for an axis: 950, 1.2k, 3.4M, 5B."""
    for limit, suffix in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= limit * 0.99995:
            return f"{value / limit:.1f}".removesuffix(".0") + suffix
    return f"{value:.2f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.0f}"


def nice_ticks(low: float, high: float, wanted: int = 4, *, whole: bool = False) -> tuple[float, ...]:
    """Round, evenly spaced numbers that enclose ``low``, ``high`` and zero, about ``wanted`` steps apart.

    ``whole`` keeps fractions away, which counts do not have.
    """
    low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        high = 1.0
    rough = max((high - low) / wanted, 1.0 if whole else 0.0)
    magnitude = 10.0 ** math.floor(math.log10(rough))
    steps = (m * magnitude for m in (1, 2, 2.5, 5, 10))
    step = next(step for step in steps if step >= rough * 0.999999 and not (whole and step % 1))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return tuple(round(i * step, 10) for i in range(first, last + 1))


def line_chart(
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    format: Format = compact_number,
    label_head: str = "",
    most_labels: int = 6,
) -> Chart:
    """Lines over evenly spaced ``labels``; the same geometry serves the area chart.

    Raises ValueError when a series has another length than ``labels``, a value is not finite, or there are
    more series than chart colours. No labels at all give an empty chart.
    """
    _check(labels, series)
    scale, ticks = _scale([v for s in series for v in s.values if v is not None], format)
    xs = _line_positions(len(labels))
    lines = tuple(_line(s, slot, xs, scale) for slot, s in _coloured(series))
    columns = tuple(_columns(labels, series, xs, scale, format))
    return _chart(ticks, columns, series, label_head, most_labels, lines=lines)


def bar_chart(
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    format: Format = compact_number,
    label_head: str = "",
    most_labels: int = 8,
) -> Chart:
    """Bars side by side per label. Raises ValueError as ``line_chart`` does."""
    _check(labels, series)
    scale, ticks = _scale([v for s in series for v in s.values if v is not None], format)
    xs = _band_centres(len(labels))
    columns = tuple(_columns(labels, series, xs, scale, format))
    bars = tuple(bar for i in range(len(labels)) for bar in _grouped(series, i, len(labels), scale))
    return _chart(ticks, columns, series, label_head, most_labels, bars=bars)


def stacked_bar_chart(
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    format: Format = compact_number,
    label_head: str = "",
    most_labels: int = 8,
) -> Chart:
    """Bars on top of each other, first series at the bottom.

    Raises ValueError as ``line_chart`` does, and for a negative value: a stack cannot show one.
    """
    _check(labels, series)
    if any(v is not None and v < 0 for s in series for v in s.values):
        raise ValueError("a stacked chart cannot show negative values")
    scale, ticks = _scale([sum(s.values[i] or 0 for s in series) for i in range(len(labels))], format)
    xs = _band_centres(len(labels))
    columns = tuple(_columns(labels, series, xs, scale, format))
    bars = tuple(bar for i in range(len(labels)) for bar in _stack(series, i, len(labels), scale))
    return _chart(ticks, columns, series, label_head, most_labels, bars=bars)


def _check(labels: Sequence[str], series: Sequence[Series]) -> None:
    if len(series) > MOST_SERIES:
        raise ValueError(f"at most {MOST_SERIES} series can be told apart, got {len(series)}")
    for one in series:
        if len(one.values) != len(labels):
            raise ValueError(f"series {one.name!r} has {len(one.values)} values for {len(labels)} labels")
        if any(v is not None and not math.isfinite(v) for v in one.values):
            raise ValueError(f"series {one.name!r} holds a value that is not a finite number")


def _scale(values: Sequence[float], format: Format) -> tuple[Scale, tuple[Tick, ...]]:
    """The scale of an axis with its ticks; where all values are whole, as counts are, so are the ticks."""
    whole = not any(value % 1 for value in values)
    numbers = nice_ticks(min(values, default=0.0), max(values, default=0.0), whole=whole)
    scale = Scale(numbers[0], numbers[-1])
    return scale, tuple(Tick(scale.y(n), format(n)) for n in numbers)


def _line_positions(count: int) -> tuple[float, ...]:
    if count == 1:
        return (50.0,)
    return tuple(round(100 * i / (count - 1), 2) for i in range(count))


def _band_centres(count: int) -> tuple[float, ...]:
    return tuple(round(100 * (i + 0.5) / count, 2) for i in range(count))


def _coloured(series: Sequence[Series]) -> Iterator[tuple[Slot, Series]]:
    for place, one in enumerate(series, 1):
        yield one.tone or place, one


def _line(series: Series, slot: Slot, xs: Sequence[float], scale: Scale) -> Line:
    stroke, area = [], []
    for run in _runs(series.values):
        points = [f"{xs[i]:g} {scale.y(value):g}" for i, value in run]
        path = "M" + "L".join(points)
        stroke.append(path if len(points) > 1 else path + "h0")
        base = f"{scale.y(0):g}"
        area.append(f"{path}L{xs[run[-1][0]]:g} {base}L{xs[run[0][0]]:g} {base}Z")
    return Line(series.name, slot, "".join(stroke), "".join(area))


def _runs(values: Sequence[float | None]) -> Iterator[list[tuple[int, float]]]:
    run: list[tuple[int, float]] = []
    for index, value in enumerate(values):
        if value is not None:
            run.append((index, value))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _columns(
    labels: Sequence[str], series: Sequence[Series], xs: Sequence[float], scale: Scale, format: Format
) -> Iterator[Column]:
    for i, label in enumerate(labels):
        left = 0.0 if i == 0 else (xs[i - 1] + xs[i]) / 2
        right = 100.0 if i == len(xs) - 1 else (xs[i] + xs[i + 1]) / 2
        marks = tuple(_mark(s, slot, i, scale, format) for slot, s in _coloured(series))
        yield Column(label, round(left, 2), round(right - left, 2), xs[i], marks)


def _mark(series: Series, slot: Slot, index: int, scale: Scale, format: Format) -> Mark:
    value = series.values[index]
    if value is None:
        return Mark(series.name, slot, "–", None)
    return Mark(series.name, slot, format(value), scale.y(value))


def _grouped(series: Sequence[Series], index: int, count: int, scale: Scale) -> Iterator[Bar]:
    left, width = _slot_in_band(index, count)
    each = width / max(len(series), 1)
    for position, (slot, one) in enumerate(_coloured(series)):
        value = one.values[index]
        if value:
            yield _bar(slot, left + each * position, each, 0.0, value, scale)


def _stack(series: Sequence[Series], index: int, count: int, scale: Scale) -> Iterator[Bar]:
    left, width = _slot_in_band(index, count)
    below = 0.0
    for slot, one in _coloured(series):
        value = one.values[index]
        if value:
            yield _bar(slot, left, width, below, below + value, scale)
            below += value


def _slot_in_band(index: int, count: int, share: float = 0.64) -> tuple[float, float]:
    band = 100 / count
    return band * (index + (1 - share) / 2), band * share


def _bar(slot: Slot, x: float, width: float, start: float, end: float, scale: Scale) -> Bar:
    top, bottom = sorted((scale.y(start), scale.y(end)))
    return Bar(slot, round(x, 2), top, round(width, 2), round(bottom - top, 2))


def _chart(
    y_ticks: tuple[Tick, ...],
    columns: tuple[Column, ...],
    series: Sequence[Series],
    label_head: str,
    most_labels: int,
    *,
    lines: tuple[Line, ...] = (),
    bars: tuple[Bar, ...] = (),
) -> Chart:
    return Chart(
        y_ticks=y_ticks,
        x_ticks=_x_ticks(columns, most_labels),
        columns=columns,
        lines=lines,
        bars=bars,
        legend=tuple((s.name, slot) for slot, s in _coloured(series)),
        headers=(label_head, *(s.name for s in series)),
        rows=tuple((c.label, *(m.label for m in c.marks)) for c in columns),
    )


def _x_ticks(columns: Sequence[Column], most: int) -> tuple[Tick, ...]:
    if len(columns) <= most:
        return tuple(Tick(c.centre, c.label) for c in columns)
    step = math.ceil((len(columns) - 1) / (most - 1))
    return tuple(Tick(c.centre, c.label) for c in columns[::step])


@dataclass(frozen=True, slots=True)
class Sparkline:
    """A trend without axes, in a 100 by 100 box; empty paths when there are fewer than two values."""

    path: str
    area: str


def sparkline(values: Sequence[float]) -> Sparkline:
    """The shape of ``values`` between their own lowest and highest; a flat line lies in the middle.

    Raises ValueError when a value is not finite.
    """
    _check(("",) * len(values), (Series("", values),))
    if len(values) < 2:
        return Sparkline("", "")
    low, high = min(values), max(values)
    scale = Scale(low, high) if high > low else Scale(low - 1, high + 1)
    xs = _line_positions(len(values))
    path = "M" + "L".join(f"{x:g} {scale.y(v):g}" for x, v in zip(xs, values, strict=True))
    return Sparkline(path, f"{path}L100 100L0 100Z")


@dataclass(frozen=True, slots=True)
class Arc:
    """A part of a ring whose circumference counts as 100; ``share`` is the part in words, such as "42 %"."""

    name: str
    slot: int
    label: str
    share: str
    length: float
    offset: float


@dataclass(frozen=True, slots=True)
class Donut:
    """The arcs of a ring, clockwise from the top, and their sum."""

    arcs: tuple[Arc, ...]
    total: str


def donut(parts: Sequence[tuple[str, float]], *, format: Format = compact_number, gap: float = 1.0) -> Donut:
    """A ring of ``(name, value)`` parts; nothing to show gives no arcs.

    Raises ValueError for a value that is negative or not finite, and for more parts than chart colours.
    """
    _check(("",), [Series(name, (value,)) for name, value in parts])
    if any(value < 0 for _, value in parts):
        raise ValueError("a donut cannot show negative values")
    total = sum(value for _, value in parts)
    return Donut(tuple(_arcs(parts, total, format, gap)) if total else (), format(total))


def _arcs(parts: Sequence[tuple[str, float]], total: float, format: Format, gap: float) -> Iterator[Arc]:
    alone = sum(1 for _, value in parts if value) == 1
    start = 0.0
    for slot, (name, value) in enumerate(parts, 1):
        span = 100 * value / total
        length = span if alone else max(span - gap, 0.2 if value else 0.0)
        share = f"{span:.0f} %" if span >= 1 or not value else "< 1 %"
        yield Arc(name, slot, format(value), share, round(length, 2), round(-start, 2))
        start += span
