"""The simulated encoder: pure functions."""

from decimal import Decimal

import pytest

from saas.modules.streams.encoder import CHANNELS, audience, gigabytes, hours


def test_the_same_seed_gives_the_same_audience_and_others_vary():
    seen = [audience(CHANNELS, seed=str(number)) for number in range(200)]
    assert seen == [audience(CHANNELS, seed=str(number)) for number in range(200)]
    for name, channel in CHANNELS.items():
        assert {one[name] for one in seen} == set(range(channel.least, channel.most + 1))


def test_a_channel_has_the_same_audience_whichever_others_there_are():
    assert audience(["twitch"], seed="a")["twitch"] == audience(CHANNELS, seed="a")["twitch"]


@pytest.mark.parametrize(
    ("quality", "seconds", "copies", "expected"),
    [
        ("720p", 3600, 1, "1.125"),  # 2 500 kbit/s × 3 600 s ÷ 8 000 000
        ("1080p", 3600, 10, "20.25"),
        ("480p", 1, 1, "0.000125"),
        ("480p", 0, 5, "0"),
    ],
)
def test_sizes_are_exact(quality, seconds, copies, expected):
    assert gigabytes(quality, seconds, copies=copies) == Decimal(expected)


def test_hours_are_exact_to_the_second():
    assert hours(5400) == Decimal("1.5")
    assert [round(hours(seconds) * 3600) for seconds in range(1, 43_201, 7)] == list(range(1, 43_201, 7))
