"""Names of people and organisations: what mail programs would make a link of is no name; addresses made from names."""

import pytest

from saas.core.errors import Invalid
from saas.tenancy.names import clean_public_name, is_linklike, suggest_slug


@pytest.mark.parametrize(
    "name",
    [
        "Claim your prize at evil.com/x",
        "evil.com",
        "EVIL.COM",
        "go to www.evil",
        "https://10.0.0.1",
        "10.0.0.1/x",
        "mailto:ana",
        "ana@evil.example",
        "пример.рф",
        "evil.xn--p1ai",
        "evil．com",
        "evil。com",
        "evil｡com",
        "ｅｖｉｌ．ｃｏｍ",
        "(evil).com",
    ],
)
def test_what_reads_as_a_link_is_no_name(name: str) -> None:
    assert is_linklike(name)
    with pytest.raises(Invalid, match="web address") as refused:
        clean_public_name(name, field="name")
    assert refused.value.field == "name"


@pytest.mark.parametrize(
    "name",
    [
        "Acme",
        "Booking B.V.",
        "J.R.R. Tolkien",
        "J. R. Hartley, Jr.",
        "Fiat S.p.A.",
        "A/S Norden",
        "Otto O'Neill",
        "Smith & Sons: Tools",
        "No.10 Bakery",
        "Yes...and No",
        "Sales @ Acme",
        "Acme 2.0",
        "株式会社アクメ",
    ],
)
def test_what_only_holds_dots_and_signs_is_a_name(name: str) -> None:
    assert not is_linklike(name)
    assert clean_public_name(f" {name} ", field="name") == name


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Acme Ltd", "acme-ltd"),
        ("Müller & Söhne", "mueller-soehne"),
        ("Mu\u0308ller", "mueller"),
        ("Straße & GROẞ", "strasse-gross"),
        ("Crédit Agricole", "credit-agricole"),
        ("Ørsted A/S", "orsted-a-s"),
        ("Łódź Złoty", "lodz-zloty"),
        ("İstanbul Şirketi", "istanbul-sirketi"),
        ("Đà Nẵng Cà Phê", "da-nang-ca-phe"),
        ("Æther Œuvre Þór", "aether-oeuvre-thor"),
        ("O'Neill’s", "oneills"),
        ("ｆｕｌｌ ｗｉｄｔｈ", "full-width"),
        ("株式会社アクメ", ""),
        ("é", ""),
        ("x" * 60, "x" * 40),
    ],
)
def test_an_address_is_made_of_the_letters_that_a_name_is_spelled_with(name: str, slug: str) -> None:
    assert suggest_slug(name) == slug
