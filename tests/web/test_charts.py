"""The geometry of charts: percentages of the plot, ticks, gaps, tables for people who listen."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.web.charts import (
    Series,
    bar_chart,
    compact_number,
    donut,
    line_chart,
    nice_ticks,
    sparkline,
    stacked_bar_chart,
)

DAYS = ("Mon", "Tue", "Wed")
amounts = st.floats(-1e12, 1e12, allow_nan=False).map(lambda value: round(value, 3))


def _points(path):
    return [tuple(float(number) for number in pair.split(" ")) for pair in re.findall(r"[ML]([\d.-]+ [\d.-]+)", path)]


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 100, (0, 25, 50, 75, 100)),
        (0, 7, (0, 2, 4, 6, 8)),
        (12, 14, (0, 5, 10, 15)),
        (-3, 9, (-5, 0, 5, 10)),
        (0, 0.4, (0, 0.1, 0.2, 0.3, 0.4)),
        (0, 0, (0, 0.25, 0.5, 0.75, 1)),
        (-40, -10, (-40, -30, -20, -10, 0)),
    ],
)
def test_ticks_are_round_and_enclose_the_values_and_zero(low, high, ticks):
    assert nice_ticks(low, high) == ticks


@given(amounts, amounts)
def test_ticks_enclose_any_values_and_stay_few(one, other):
    low, high = sorted((one, other))
    ticks = nice_ticks(low, high)
    slack = 1e-6 * max(abs(low), abs(high), 1)
    assert ticks[0] - slack <= min(low, 0)
    assert ticks[-1] + slack >= max(high, 0)
    assert 2 <= len(ticks) <= 7
    assert list(ticks) == sorted(set(ticks))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.25, "0.25"),
        (7, "7"),
        (999, "999"),
        (1000, "1k"),
        (1250, "1.2k"),
        (12_500, "12.5k"),
        (999_999, "1M"),
        (3_400_000, "3.4M"),
        (5e9, "5B"),
        (-2000, "-2k"),
    ],
)
def test_numbers_on_an_axis_are_short(value, text):
    assert compact_number(value) == text


def test_a_line_runs_from_edge_to_edge_with_the_highest_value_on_top():
    chart = line_chart(DAYS, [Series("Requests", (0, 50, 100))])
    assert _points(chart.lines[0].path) == [(0, 100), (50, 50), (100, 0)]
    assert [tick.label for tick in chart.y_ticks] == ["0", "25", "50", "75", "100"]
    assert [tick.position for tick in chart.x_ticks] == [0, 50, 100]


def test_an_area_reaches_down_to_zero_even_with_values_below_it():
    chart = line_chart(DAYS, [Series("Balance", (-50, 0, 50))])
    zero = next(tick.position for tick in chart.y_ticks if tick.label == "0")
    assert chart.lines[0].area.endswith(f"L100 {zero:g}L0 {zero:g}Z")


def test_an_unknown_value_leaves_a_gap_and_is_told_as_unknown():
    chart = line_chart(("a", "b", "c", "d"), [Series("Load", (1, None, 3, 2))])
    assert chart.lines[0].path.count("M") == 2
    assert chart.rows[1] == ("b", "–")
    assert chart.columns[1].marks[0].y is None


def test_zero_is_not_unknown():
    chart = line_chart(DAYS, [Series("Load", (1, 0, 3))])
    assert chart.lines[0].path.count("M") == 1
    assert chart.rows[1] == ("Tue", "0")


def test_a_single_value_stands_in_the_middle():
    chart = line_chart(("today",), [Series("Load", (4,))])
    assert chart.columns[0].centre == 50
    assert (chart.columns[0].x, chart.columns[0].width) == (0, 100)


@pytest.mark.parametrize("make", [line_chart, bar_chart, stacked_bar_chart])
def test_no_data_gives_an_empty_chart(make):
    chart = make((), [Series("Load", ())])
    assert chart.rows == ()
    assert chart.columns == ()
    assert chart.is_blank


@pytest.mark.parametrize("make", [line_chart, bar_chart, stacked_bar_chart])
def test_a_chart_with_something_to_see_is_not_blank(make):
    assert not make(DAYS, [Series("Load", (0, 1, 0))]).is_blank


@pytest.mark.parametrize("make", [bar_chart, stacked_bar_chart])
def test_bars_of_nothing_are_blank_and_a_line_of_zeros_is_not(make):
    assert make(DAYS, [Series("Load", (0, 0, None))]).is_blank
    assert not line_chart(DAYS, [Series("Load", (0, 0, None))]).is_blank
    assert line_chart(DAYS, [Series("Load", (None, None, None))]).is_blank


@pytest.mark.parametrize(
    ("counts", "labels"),
    [
        ((0, 0, 0), ["0", "1"]),
        ((1, 0, 0), ["0", "1"]),
        ((1, 3, 2), ["0", "1", "2", "3"]),
        ((9, 10, 2), ["0", "5", "10"]),
        ((90, 100, 2), ["0", "25", "50", "75", "100"]),
        ((-1, 0, 1), ["-1", "0", "1"]),
    ],
)
def test_counts_stand_beside_whole_numbers(counts, labels):
    chart = bar_chart(DAYS, [Series("Runs", counts)])
    assert sorted((tick.label for tick in chart.y_ticks), key=float) == labels


def test_shares_stand_beside_fractions():
    assert "0.25" in [tick.label for tick in bar_chart(DAYS, [Series("Share", (0.5, 1, 0))]).y_ticks]


@pytest.mark.parametrize("make", [line_chart, bar_chart, stacked_bar_chart])
def test_every_chart_carries_its_numbers_as_a_table(make):
    chart = make(DAYS, [Series("New", (1, 2, 3)), Series("Lost", (0, 1, 0))], label_head="Day")
    assert chart.headers == ("Day", "New", "Lost")
    assert chart.rows == (("Mon", "1", "0"), ("Tue", "2", "1"), ("Wed", "3", "0"))
    assert chart.legend == (("New", 1), ("Lost", 2))


def test_values_are_written_as_the_caller_wants():
    chart = bar_chart(("Jan",), [Series("Paid", (1200,))], format=lambda value: f"£{value:,.0f}")
    assert chart.rows == (("Jan", "£1,200"),)


def test_the_columns_of_a_chart_share_the_plot_without_a_gap():
    chart = line_chart([str(day) for day in range(30)], [Series("Load", range(30))])
    edges = [(column.x, column.x + column.width) for column in chart.columns]
    assert edges[0][0] == 0
    assert edges[-1][1] == pytest.approx(100, abs=0.02)
    assert all(left[1] == pytest.approx(right[0], abs=0.02) for left, right in pairwise(edges))


def test_labels_on_the_axis_are_thinned_out():
    chart = line_chart([str(day) for day in range(90)], [Series("Load", range(90))], most_labels=6)
    assert 2 <= len(chart.x_ticks) <= 6
    assert chart.x_ticks[0].label == "0"


def test_bars_stand_side_by_side_on_zero():
    chart = bar_chart(("Jan",), [Series("New", (10,)), Series("Lost", (-10,))])
    new, lost = chart.bars
    assert new.x + new.width == pytest.approx(lost.x, abs=0.02)
    assert new.y + new.height == lost.y


def test_stacked_bars_stand_on_each_other():
    chart = stacked_bar_chart(("Jan",), [Series("Starter", (30,)), Series("Enterprise", (10,))])
    below, above = chart.bars
    assert above.y + above.height == below.y
    assert below.y + below.height == 100
    assert (below.slot, above.slot) == (1, 2)


def test_a_bar_of_nothing_is_not_drawn():
    assert [bar.slot for bar in bar_chart(("Jan",), [Series("a", (0,)), Series("b", (1,))]).bars] == [2]


@given(st.lists(st.one_of(st.none(), amounts), min_size=1, max_size=40))
def test_whatever_the_values_everything_stays_inside_the_plot(values):
    labels = [str(index) for index in range(len(values))]
    for chart in (line_chart(labels, [Series("x", values)]), bar_chart(labels, [Series("x", values)])):
        for bar in chart.bars:
            assert -0.02 <= bar.x <= bar.x + bar.width <= 100.02
            assert -0.02 <= bar.y <= bar.y + bar.height <= 100.02
        for column in chart.columns:
            assert 0 <= column.centre <= 100
            assert all(mark.y is None or -0.02 <= mark.y <= 100.02 for mark in column.marks)


@pytest.mark.parametrize("make", [line_chart, bar_chart, stacked_bar_chart])
@pytest.mark.parametrize(
    ("series", "reason"),
    [
        ([Series("Load", (1, 2))], "2 values for 3 labels"),
        ([Series("Load", (1, float("nan"), 2))], "not a finite number"),
        ([Series("Load", (1, float("inf"), 2))], "not a finite number"),
        ([Series(str(n), (1, 2, 3)) for n in range(7)], "at most 6 series"),
    ],
)
def test_what_cannot_be_drawn_is_refused(make, series, reason):
    with pytest.raises(ValueError, match=reason):
        make(DAYS, series)


def test_negative_values_cannot_be_stacked_but_stand_beside_each_other():
    series = [Series("Change", (1, -2, 3))]
    assert bar_chart(DAYS, series).bars
    with pytest.raises(ValueError, match="negative"):
        stacked_bar_chart(DAYS, series)


def test_a_sparkline_fills_its_box():
    spark = sparkline((5, 9, 7))
    assert _points(spark.path) == [(0, 100), (50, 0), (100, 50)]
    assert spark.area.startswith(spark.path)


def test_a_flat_sparkline_lies_in_the_middle():
    assert {y for _, y in _points(sparkline((4, 4, 4)).path)} == {50}


@pytest.mark.parametrize("values", [(), (3,)])
def test_fewer_than_two_values_make_no_sparkline(values):
    assert sparkline(values).path == ""


def test_the_parts_of_a_donut_fill_the_ring():
    ring = donut([("API", 75), ("Storage", 25)])
    assert [arc.share for arc in ring.arcs] == ["75 %", "25 %"]
    assert [arc.offset for arc in ring.arcs] == [0, -75]
    assert sum(arc.length for arc in ring.arcs) == pytest.approx(98)
    assert ring.total == "100"


def test_a_part_that_is_the_whole_closes_the_ring():
    assert donut([("API", 5), ("Storage", 0)]).arcs[0].length == 100


def test_a_tiny_part_of_a_donut_is_still_seen():
    tiny = donut([("API", 99_999), ("Storage", 1)]).arcs[1]
    assert tiny.length > 0
    assert tiny.share == "< 1 %"


@pytest.mark.parametrize("parts", [[], [("API", 0)]])
def test_a_donut_of_nothing_has_no_arcs(parts):
    assert donut(parts).arcs == ()


@pytest.mark.parametrize("parts", [[("API", -1)], [("API", float("nan"))], [(str(n), 1) for n in range(7)]])
def test_parts_that_cannot_be_drawn_are_refused(parts):
    with pytest.raises(ValueError):
        donut(parts)


def test_a_tone_is_the_colour_of_its_series_wherever_it_is_drawn():
    series = (Series("Succeeded", [3, 2, 1]), Series("Failed", [1, 0, 2], tone="destructive"))
    for draw in (bar_chart, stacked_bar_chart, line_chart):
        chart = draw(DAYS, series)
        assert chart.legend == (("Succeeded", 1), ("Failed", "destructive"))
        assert {mark.slot for column in chart.columns for mark in column.marks} == {1, "destructive"}
        assert {shape.slot for shape in (*chart.lines, *chart.bars)} == {1, "destructive"}
