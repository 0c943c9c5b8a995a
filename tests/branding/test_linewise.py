"""What is shown of two sheets that differ."""

import pytest

from saas.branding.linewise import COMPARED, SHOWN, WIDTH, line_changes


def numbered(count: int, word: str = "line") -> str:
    return "\n".join(f"{word} {number}" for number in range(count))


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ("", "", []),
        ("a\nb", "a\nb\n", []),
        ("", "a", ["+a"]),
        ("a", "", ["-a"]),
        ("a\na\na", "a\na", [" a", " a", "-a"]),
        ("1\n2\n3\n4\n5\n6", "1\n2\n3\n4\n5\n7", [" 3", " 4", " 5", "-6", "+7"]),
        ("tab\there", "no\u202ething", ["-tab here", "+no\ufffdthing"]),
    ],
)
def test_lines_that_go_come_and_stay_around_them(before, after, lines):
    assert line_changes(before, after) == (lines, True)


def test_what_lies_between_two_changes_is_left_out():
    text = numbered(30)
    changed = text.replace("line 5\n", "five\n").replace("line 25\n", "more\n")
    assert line_changes(text, changed).lines.count("…") == 1


def test_of_many_lines_the_first_are_told_and_that_there_are_more():
    assert line_changes("", numbered(SHOWN)).is_whole
    lines, is_whole = line_changes("", numbered(SHOWN + 1))
    assert (len(lines), is_whole) == (SHOWN, False)
    assert line_changes("", "x" * (WIDTH + 1)).lines == ["+" + "x" * (WIDTH - 1) + "…"]


def test_too_many_that_differ_are_not_compared_and_a_slip_among_many_is():
    assert line_changes(numbered(COMPARED + 1), numbered(COMPARED + 1, "row")) == ((), False)
    assert line_changes(numbered(COMPARED), numbered(COMPARED, "row")).lines != []
    long = numbered(9 * COMPARED)
    lines = line_changes(long, long.replace("line 4000\n", "slip\n")).lines
    assert [one for one in lines if one[0] != " "] == ["-line 4000", "+slip"]
