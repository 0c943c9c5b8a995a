"""What an organisation may say of its brand."""

import pytest

from saas.branding.brand import Brand, problems
from saas.branding.css import version
from saas.core.errors import Invalid


def test_a_brand_is_the_same_however_it_is_written() -> None:
    one = Brand("#0A7350", " #FFF ", overrides={"light.link": "#ABC", "dark.link": "#def"})
    other = Brand("0a7350", "#ffffff", overrides={"dark.link": "#DDEEFF", "light.link": "aabbcc"})
    assert one == other
    assert version(one) == version(other)
    assert len(version(one)) == 16


@pytest.mark.parametrize(
    "other",
    [
        Brand("#0a7351"),
        Brand("#0a7350", "#0a7350"),
        Brand("#0a7350", font="System"),
        Brand("#0a7350", radius="large"),
        Brand("#0a7350", level="AAA"),
        Brand("#0a7350", overrides={"light.link": "#0a7350"}),
    ],
)
def test_another_brand_has_another_version(other: Brand) -> None:
    assert version(other) != version(Brand("#0a7350"))


def test_every_problem_is_told_at_once_by_its_field() -> None:
    found = problems(
        "green", "#12", "Comic", "huge", {"light.foreground": "#000", "dim.link": "#000", "dark.link": "x"}, "A"
    )
    assert list(found) == [
        *("primary", "secondary", "font", "radius", "level"),
        *("overrides.dark.link", "overrides.dim.link", "overrides.light.foreground"),
    ]
    assert found["font"] == "Choose one of Inter, Source Sans 3, Nunito Sans, Source Serif 4, System."
    assert all(sentence.endswith(".") for sentence in found.values())
    assert problems("#0a7350", "", "System", "none", {"light.link": "#000"}, "AAA") == {}


@pytest.mark.parametrize(
    ("refused", "permitted", "field"),
    [
        ({"primary": "#0g7350"}, {"primary": "#0a7350"}, "primary"),
        ({"secondary": "blue"}, {"secondary": ""}, "secondary"),
        ({"font": "inter"}, {"font": "Inter"}, "font"),
        ({"radius": "9px"}, {"radius": "none"}, "radius"),
        ({"level": "aaa"}, {"level": "AAA"}, "level"),
        ({"overrides": {"light.chart-1": "#000"}}, {"overrides": {"light.link": "#000"}}, "overrides.light.chart-1"),
        ({"overrides": {"link": "#000"}}, {"overrides": {"dark.link": "#000"}}, "overrides.link"),
        ({"overrides": {"dark.link": "1;}"}}, {"overrides": {"dark.link": "111"}}, "overrides.dark.link"),
    ],
)
def test_what_is_not_acceptable_is_refused(
    refused: dict[str, object], permitted: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as raised:
        Brand(**{"primary": "#0a7350", **refused})
    assert raised.value.field == field
    assert Brand(**{"primary": "#0a7350", **permitted})
