"""VAT ids: their shape and check digits, by country. Whether somebody holds one is not asked: nothing is sent anywhere."""

import re
from unicodedata import normalize

from stdnum.exceptions import InvalidChecksum, InvalidLength, ValidationError
from stdnum.util import get_cc_module

from saas.billing.countries import country_name
from saas.core.errors import Invalid

FIELD = "vat_id"
_EXAMPLES = """
    ATU12345678 BE0123456789 BG123456789 CHE123456789MWST CY12345678L CZ12345678 DE123456789 DK12345678 EE123456789
    EL123456789 ESA12345678 FI12345678 FR12345678901 GB123456789 HR12345678901 HU12345678 IE1234567WA IS12345 IT12345678901
    LT123456789 LU12345678 LV12345678901 MT12345678 NL123456789B01 NO123456789MVA PL1234567890 PT123456789 RO1234567890
    SE123456789701 SI12345678 SK1234567890 XI123456789"""
SHAPES = {example[: 3 if example[:2] == "CH" else 2]: example for example in _EXAMPLES.split()}
"""How VAT ids look, by what they begin with: all that can be checked."""
PREFIXES = {"GR": ("EL",), "GB": ("GB", "XI"), "IM": ("GB",), "MC": ("FR",), "CH": ("CHE",)}
"""What the ids of a country begin with where that is not its code. Northern Ireland is a part of GB with ids of its own."""
_COUNTRIES = {"EL": "GR", "XI": "GB", "CHE": "CH"}
_ENDINGS = {"CHE": ("MWST", "TVA", "IVA", "TPV"), "NO": ("MVA",)}
_BEGINS = re.compile("|".join(sorted((*SHAPES, "GR"), key=len, reverse=True)))
_ANY = re.compile(r"[A-Z0-9]{4,20}")


def check_vat_id(text: str, *, country: str) -> str:
    """A VAT id as it is kept: in capitals, without spaces and signs, its country in front; empty for an empty one.

    ``country`` is that of the address. Ids of countries that are not in SHAPES are kept as they are. Raises Invalid, which
    says what is wrong.
    """
    number = re.sub(r"[^\w]|_", "", normalize("NFKC", text)).upper()
    if not number:
        return ""
    if not _ANY.fullmatch(number):
        raise Invalid("A VAT id has 4 to 20 letters and digits.", field=FIELD)
    own = PREFIXES.get(country, (country,))
    begins = _prefix_of(number)
    if begins in own:
        return _checked(begins, number.removeprefix("GR").removeprefix(begins))
    if own[0] in SHAPES and not begins:
        return _checked(own[0], number)
    if begins and (own[0] in SHAPES or _is_valid(begins, number)):
        raise Invalid(_elsewhere(begins, country), field=FIELD)
    return number


def _prefix_of(number: str) -> str:
    """What a number begins with of all that is known; empty for another beginning."""
    found = _BEGINS.match(number)
    return "" if found is None else found[0].replace("GR", "EL")


def _elsewhere(begins: str, country: str) -> str:
    return f"This VAT id is from another country ({_home(begins)}) than the address ({country_name(country)})."


def _home(begins: str) -> str:
    """Where ids come from that begin so."""
    return "Northern Ireland" if begins == "XI" else country_name(_COUNTRIES.get(begins, begins))


def _is_valid(begins: str, number: str) -> bool:
    try:
        return bool(_checked(begins, number.removeprefix(begins)))
    except Invalid:
        return False


def _checked(begins: str, rest: str) -> str:
    """The whole id; ``rest`` is what stands behind its beginning."""
    endings = _ENDINGS.get(begins, ())
    number = f"{begins}{rest}" if not endings or rest.endswith(endings) else f"{begins}{rest}{endings[0]}"
    rules = get_cc_module(_COUNTRIES.get(begins, begins).lower(), "vat")
    assert rules is not None
    shape = f"One from {_home(begins)} looks like {SHAPES[begins]}."
    try:
        valid = str(rules.validate(number))
    except InvalidLength:
        raise Invalid(f"This VAT id is too short or too long. {shape}", field=FIELD) from None
    except InvalidChecksum:
        raise Invalid("The check digit of this VAT id is wrong. Please look for a typing error.", field=FIELD) from None
    except ValidationError:
        raise Invalid(f"This is not the form of a VAT id. {shape}", field=FIELD) from None
    return valid if valid.startswith(begins) else begins + valid
