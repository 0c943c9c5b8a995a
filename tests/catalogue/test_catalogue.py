"""Catalogues: those that come along hold what their sources say, and a wrong file is told where, what and how to mend it."""

from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from saas.catalogue.cli import group
from saas.catalogue.comparing import compare
from saas.catalogue.reading import WrongCatalogue, path_of, read, shipped
from saas.catalogue.terms import Catalogue, Terms

SMALL = """
product = "Small"
currency = "EUR"
modules = ["workflows"]

[meters.images]
label = "Images"
unit = "image"
price = "0.05"

[features.sso]
label = "Single sign-on"

[plans.free]
label = "Free"
month = 0
limits = { images = 10 }

[plans.pro]
label = "Pro"
month = "29.99"
features = ["sso"]
[plans.pro.limits]
images = "unlimited"
[plans.pro.included]
images = 100
"""


@pytest.fixture
def written(tmp_path):
    """A file with the small catalogue, some of its text replaced."""

    def write(*replacements: tuple[str, str]) -> Path:
        text = SMALL
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new, 1)
        path = tmp_path / "small.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def wrong(path: Path) -> str:
    with pytest.raises(WrongCatalogue) as told:
        read(path)
    return str(told.value)


class TestThoseThatComeAlong:
    def test_there_are_five(self):
        assert shipped() == ["atlantiplex", "auterity", "loki", "studio", "tradingbot"]

    @pytest.mark.parametrize(
        ("name", "plan", "month", "limits", "features"),
        [
            ("auterity", "starter", "99.00", {"users": 5, "workflows": 100, "ai_requests": 10_000}, ()),
            ("auterity", "professional", "299.00", {"users": 25, "workflows": None}, ("branding", "sso")),
            ("auterity", "enterprise", "999.00", {"users": None, "ai_requests": 200_000}, ("branding", "sso")),
            ("auterity", "white_label_starter", "499.00", {"users": 25}, ("branding", "sso", "white_label")),
            ("auterity", "white_label_enterprise", "1999.00", {"users": None}, ("branding", "sso", "white_label")),
            ("loki", "starter", "99", {"users": 3, "api_calls": 10_000}, ("fca_uk", "gdpr_uk")),
            ("loki", "enterprise", None, {"users": None, "api_calls": None}, None),
            ("atlantiplex", "free", "0", {"users": 5, "teams": 2, "storage": 5, "bandwidth": 50}, ()),
            ("atlantiplex", "professional", "29.99", {"users": 100, "teams": 20, "bandwidth": 2000}, ("api",)),
            ("atlantiplex", "admin", "0", {"users": None, "storage": None}, None),
            ("studio", "free", "0", {"users": None, "images": 500, "tts_seconds": 60_000, "storage": 100}, ()),
            ("tradingbot", "starter", "29.99", {"exchanges": 2, "strategies": 3, "api_calls": 10_000}, ()),
            ("tradingbot", "institutional", "999.99", {"exchanges": None}, None),
        ],
    )
    def test_their_plans_are_those_of_the_sources(self, name, plan, month, limits, features):
        catalogue = read(path_of(name))
        found = catalogue.plans[plan]
        assert found.month == (None if month is None else Decimal(month))
        assert {meter: catalogue.limit(plan, meter) for meter in limits} == limits
        if features is not None:
            assert found.features == features

    def test_what_use_costs_is_exact(self):
        studio = read(path_of("studio"))
        prices = {
            meter: studio.rating("pro", meter).price for meter in ("images", "tts_seconds", "render_minutes", "storage")
        }
        assert prices == {
            "images": Decimal("0.05"),
            "tts_seconds": Decimal("0.001"),
            "render_minutes": Decimal("0.10"),
            "storage": Decimal("0.10"),
        }
        assert studio.plans["pro"].included == {
            "images": 2500,
            "tts_seconds": 300_000,
            "render_minutes": 2500,
            "storage": 500,
        }

    def test_prices_of_a_year_currencies_trials_and_the_plan_that_is_never_sold(self):
        catalogues = {name: read(path_of(name)) for name in shipped()}
        assert catalogues["loki"].plans["professional"].year == 2990
        assert catalogues["tradingbot"].plans["professional"].year == Decimal("799.90")
        assert {name: one.currency for name, one in catalogues.items() if one.currency != "USD"} == {"loki": "GBP"}
        assert {name: one.trial_days for name, one in catalogues.items()}["tradingbot"] == 7
        hidden = [(name, plan) for name, one in catalogues.items() for plan in one.plans if one.plans[plan].hidden]
        assert hidden == [("atlantiplex", "admin")]

    def test_the_industries_that_a_source_names_have_their_themes(self):
        themes = {name: list(read(path_of(name)).themes) for name in shipped()}
        industries = ["automotive", "healthcare", "finance", "retail", "manufacturing"]
        assert {name: found for name, found in themes.items() if found} == {"auterity": industries}


class TestAWrongFile:
    @pytest.mark.parametrize(
        ("old", "new", "told"),
        [
            ('currency = "EUR"\n', "", "small.toml: currency is missing."),
            ('"EUR"', '"EURO"', "small.toml:3: currency must be a currency such as EUR."),
            ('"EUR"', '"XXQ"', "small.toml:3: currency must be a currency such as EUR: there is none called XXQ."),
            ('"29.99"', '"-1"', "small.toml:21: plans.pro.month must not be below zero."),
            ('"29.99"', '"NaN"', 'small.toml:21: plans.pro.month must be an amount such as "29.99".'),
            ('"29.99"', "1e999", 'small.toml:21: plans.pro.month must be an amount such as "29.99".'),
            ('"29.99"', "true", 'small.toml:21: plans.pro.month must be an amount such as "29.99".'),
            (
                '"29.99"',
                '"29.999"',
                "small.toml:21: plans.pro.month has more than the 2 decimals that the currency knows.",
            ),
            ('month = "29.99"', 'monht = "29.99"', "plans.pro.monht is not known here; did you mean “month”."),
            ('month = "29.99"\n', "", "small.toml:19: plans.pro.month is missing: give a price, 0 for a free plan"),
            ('month = "29.99"', 'month = "1"\ncustom = true', "cannot stand in a custom plan"),
            ('"unlimited"', "-1", 'plans.pro.limits.images must be a whole number from 0 up, or "unlimited".'),
            ('"unlimited"', "1.5", 'plans.pro.limits.images must be a whole number from 0 up, or "unlimited".'),
            ('"unlimited"', "50", "plans.pro.included.images is more than the limit, 50; raise the limit"),
            ("images = 100", "imagess = 100", "names a meter that the catalogue does not have; did you mean “images”."),
            (
                '["sso"]',
                '["saml"]',
                "plans.pro.features.saml names a feature that the catalogue does not have; declare it",
            ),
            (
                'price = "0.05"',
                'price = "0.05"\nflat = 3',
                "meters.images is priced in more than one way (price, flat); keep one.",
            ),
            ('price = "0.05"', "per = 10", "meters.images.per needs “price” beside it"),
            (
                'price = "0.05"\n',
                "",
                "says what is included, but nothing says what more costs; give [meters.images] a price",
            ),
            ('price = "0.05"', 'prices = { a = "1" }', "needs “dimension” beside it"),
            (
                'price = "0.05"',
                'tiers = [{ up_to = 5, price = "1" }]',
                "meters.images.tiers must rise, and the last one",
            ),
            ('unit = "image"', 'unit = "image"\nkind = "gauge"', "meters.images.kind must be one of 'sum'"),
            ('"Free"', '""', "plans.free.label must not be empty."),
            ('"Free"', '"Free"\ntrial_days = 31', "plans.free.trial_days must be at most 30."),
            ("[meters.images]", "[meters.Images]", "small.toml:6: meters.Images must be a name of small letters"),
            ('"Small"', '"Small', "small.toml:2: is not TOML"),
            (
                '"Free"',
                '"Free"\nfree_roles = ["owner"]',
                "plans.free.free_roles.0 cannot be free: whoever is owner always takes a seat; choose among team_admin",
            ),
            ('"Free"', '"Free"\nfree_roles = ["guest"]', "free_roles.0 must be one of team_admin, member, viewer."),
            ('"Small"', '"Small"\nfree_roles = ["admin"]', "small.toml:3: free_roles.0 cannot be free"),
            ('"Small"', '"Small"\nfree_roles = "viewer"', "small.toml:3: free_roles must be a list in brackets."),
            (
                "[meters.images]",
                '[themes.retail]\nlabel = "Retail"\nprimary = "red"\naccent = "#7c3aed"\n[meters.images]',
                "small.toml:8: themes.retail.primary must be a colour such as #1f6feb.",
            ),
            (
                "[meters.images]",
                '[themes.retail]\nlabel = "Retail"\nprimary = "#b91c1c"\n[meters.images]',
                "small.toml:6: themes.retail.accent is missing.",
            ),
        ],
    )
    def test_is_told_by_line_key_and_mend(self, written, old, new, told):
        assert told in wrong(written((old, new)))
        assert isinstance(read(written()), Catalogue)

    def test_tells_of_every_fault_at_once_in_the_order_of_the_file(self, written):
        told = wrong(written(('"29.99"', '"x"'), ('"image"', '""'), ('["workflows"]', "7"))).splitlines()
        assert [line.split(": ")[1].split(" ")[0] for line in told] == [
            "modules",
            "meters.images.unit",
            "plans.pro.month",
        ]

    def test_tells_of_shapes_and_of_what_does_not_fit_together_in_one_go(self, written):
        faults = (
            ('currency = "EUR"', 'currency = "XXQ"'),
            ('label = "Images"', 'lable = "Images"'),
            ('price = "0.05"', 'price = "0.05"\nflat = 3'),
            ("month = 0", "month = true"),
            ('"29.99"', '"29.999"'),
            ('["sso"]', '["saml"]'),
            ('images = "unlimited"', "images = 50"),
        )
        told = [line.split(": ", 1)[1].split(" ")[0] for line in wrong(written(*faults)).splitlines()]
        assert told == [
            *("currency", "meters.images", "meters.images.label", "meters.images.lable", "plans.free.month"),
            *("plans.pro.features.saml", "plans.pro.included.images"),
        ]

    @pytest.mark.parametrize(
        ("fault", "alone"),
        [
            (('images = "unlimited"', "images = 1.5"), "plans.pro.limits.images"),
            (('price = "0.05"', 'price = "x"'), "meters.images.price"),
            (('month = "29.99"', 'monht = "29.99"'), "plans.pro.monht"),
            (('month = "29.99"', 'custom = "yes?"'), "plans.pro.custom"),
            (
                ('[meters.images]\nlabel = "Images"\nunit = "image"\nprice = "0.05"', "[meters]\nimages = 3"),
                "meters.images",
            ),
            (('["workflows"]', "7"), "modules"),
            (('"EUR"', '"euro"\nbegin = "pro"'), "currency"),
            (('[plans.free]\nlabel = "Free"\nmonth = 0\nlimits = { images = 10 }', "[plans]\nfree = 1"), "plans.free"),
        ],
    )
    def test_a_fault_is_not_told_once_more_by_what_hangs_on_it(self, written, fault, alone):
        told = wrong(written(fault, ('features = ["sso"]', 'features = ["sso"]\nmodules = ["workflows"]')))
        assert [line.split(": ", 1)[1].split(" ")[0] for line in told.splitlines()] == [alone]

    @pytest.mark.parametrize(
        "content", [b"\xff\xfe", b"", b"[]", b'"[key]" = 1', b"plans = 3", b"[plans]\n[plans.a]\n[plans.a]"]
    )
    def test_may_hold_anything(self, tmp_path, content):
        path = tmp_path / "odd.toml"
        path.write_bytes(content)
        assert wrong(path).startswith("odd.toml")

    def test_may_be_missing(self, tmp_path):
        assert "cannot be read" in wrong(tmp_path / "none.toml")

    @given(st.text(max_size=200))
    def test_never_ends_in_anything_else(self, tmp_path_factory, text):
        path = tmp_path_factory.getbasetemp() / "any.toml"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        wrong(path)


class TestVersions:
    def test_a_plan_has_another_version_exactly_when_its_terms_differ(self, written):
        before, same = read(written()), read(written(('label = "Images"', 'label = "Pictures"')))
        dearer = read(written(('"29.99"', '"30"')))
        assert before.terms("pro").version == same.terms("pro").version != dearer.terms("pro").version
        assert before.terms("free").version == dearer.terms("free").version

    def test_what_is_said_of_free_roles_binds_and_silence_leaves_versions_as_they_were(self, written):
        silent, free = read(written()), read(written(('"Small"', '"Small"\nfree_roles = ["viewer"]')))
        assert silent.terms("pro").version == "7426f706cdd6"
        assert read(path_of("loki")).terms("starter").version == "194d1996ef71"
        assert free.terms("pro").version != silent.terms("pro").version
        stored = silent.terms("pro").model_dump(mode="json", exclude={"free_roles"})
        assert Terms.model_validate(stored).version == silent.terms("pro").version

    def test_a_plan_can_have_other_free_roles_than_the_catalogue_says(self, written):
        top = ('"Small"', '"Small"\nfree_roles = ["viewer"]')
        both = read(written(top, ('"Pro"', '"Pro"\nfree_roles = []')))
        assert [both.terms(name).free_roles for name in ("free", "pro")] == [("viewer",), ()]
        one = read(written(top))
        again = read(written(top, ('"Pro"', '"Pro"\nfree_roles = ["viewer"]')))
        assert one.terms("pro").version == again.terms("pro").version

    def test_comparing_names_each_key_that_differs(self, written):
        before = read(written())
        after = read(written(('"29.99"', '"31.50"'), ('"unlimited"', "500"), ('"0.05"', '"0.04"')))
        assert compare(before, before) == []
        told = [(one.key, one.before, one.after, one.plan) for one in compare(before, after)]
        assert told == [
            ("plans.pro.month", "29.99", "31.5", "pro"),
            ("plans.pro.limits.images", "unlimited", 500, "pro"),
            ("meters.images.price", "0.05", "0.04", ""),
        ]


class TestCommandLine:
    def run(self, *arguments: str):
        return CliRunner().invoke(group, arguments)

    def test_check_says_what_is_right_and_what_is_wrong(self, written):
        assert self.run("check").exit_code == 0
        good = self.run("check", str(written()))
        assert (good.exit_code, "prices in EUR; 2 plans, 1 meter, 1 feature" in good.output) == (0, True)
        bad = self.run("check", "loki", str(written(('"29.99"', '"-1"'))))
        assert bad.exit_code == 1
        assert "ok    loki" in bad.output
        assert "small.toml:21: plans.pro.month must not be below zero." in bad.output

    def test_diff_ends_as_diff_does(self, written, tmp_path):
        old = tmp_path / "old.toml"
        old.write_text(SMALL)
        assert self.run("diff", str(old), str(written())).exit_code == 0
        told = self.run("diff", str(old), str(written(('"29.99"', '"31"'))))
        assert told.exit_code == 1
        assert "plans.pro.month" in told.output
        assert "Who has a plan keeps its terms until moved: pro." in told.output
