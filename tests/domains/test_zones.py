"""Which registered name a host belongs to, and below which names everything is one holder's."""

import pytest

from saas.domains.records import is_apex
from saas.domains.zones import estate_of, is_registry, zone_of


@pytest.mark.parametrize(
    ("host", "zone"),
    [
        ("portal.example.com", "example.com"),
        ("example.com", "example.com"),
        ("a.b.example.com", "example.com"),
        ("portal.example.co.uk", "example.co.uk"),
        ("example.co.uk", "example.co.uk"),
        ("co.uk", "co.uk"),
        ("portal.co.example", "co.example"),
        ("shop.example.com.au", "example.com.au"),
        ("example.co.jp", "example.co.jp"),
        ("www.com.br", "www.com.br"),
        ("portal.acme-corp.localhost", "acme-corp.localhost"),
        ("localhost", "localhost"),
        ("www.example.aichi.jp", "example.aichi.jp"),
        ("acme.github.io", "github.io"),
    ],
)
def test_the_registered_name_is_found_where_registries_sell_below_the_second_level(host: str, zone: str) -> None:
    assert zone_of(host) == zone
    assert is_apex(host) == (host == zone)


@pytest.mark.parametrize(
    ("host", "estate"),
    [
        ("portal.example.com", "example.com"),
        ("portal.example.co.uk", "example.co.uk"),
        ("acme.github.io", "acme.github.io"),
        ("www.acme.github.io", "acme.github.io"),
        ("github.io", "github.io"),
    ],
)
def test_names_that_a_provider_shares_out_are_not_of_one_holder(host: str, estate: str) -> None:
    assert estate_of(host) == estate


@pytest.mark.parametrize(
    ("name", "is_one"), [("co.uk", True), ("aichi.jp", True), ("github.io", False), ("example.com", False)]
)
def test_a_registry_is_told_from_a_provider_that_may_prove_its_own_name(name: str, is_one: bool) -> None:
    assert is_registry(name) is is_one
