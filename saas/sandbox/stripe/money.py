"""Currencies: which there are, and the smallest amount that can be charged, in minor units."""

from saas.sandbox.stripe.errors import Fault, invalid

SMALLEST = {
    "aud": 50,
    "cad": 50,
    "chf": 50,
    "eur": 50,
    "gbp": 30,
    "jpy": 50,
    "nok": 300,
    "nzd": 50,
    "sek": 300,
    "dkk": 250,
    "usd": 50,
}
LARGEST = 99_999_999


def currency(text: str, param: str = "currency") -> str:
    """The code in small letters; raises Fault for one that the sandbox does not take."""
    code = text.lower()
    if code not in SMALLEST:
        raise invalid(
            f"Invalid currency: {code}. The sandbox takes these currencies: {', '.join(sorted(SMALLEST))}", param
        )
    return code


def chargeable(amount: int, code: str, param: str = "amount") -> int:
    """The amount, if a card can be charged with it; raises Fault."""
    if amount > LARGEST:
        raise Fault(
            400,
            "invalid_request_error",
            "amount_too_large",
            f"Amount must be no more than {written(LARGEST, code)}",
            param,
        )
    if amount < SMALLEST[code]:
        raise Fault(
            400,
            "invalid_request_error",
            "amount_too_small",
            f"Amount must be at least {written(SMALLEST[code], code)}",
            param,
        )
    return amount


def written(amount: int, code: str) -> str:
    """An amount as messages write it: ``0.50 usd``."""
    return f"{amount} jpy" if code == "jpy" else f"{amount // 100}.{amount % 100:02} {code}"
