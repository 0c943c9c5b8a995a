"""Typing a card in: the form that three pages have, and the card that it becomes. Numbers are never kept."""

import re
from datetime import UTC, datetime
from typing import Any

from wtforms import Field, Form, SelectField, StringField
from wtforms.validators import DataRequired, Length, ValidationError

from saas.billing.countries import countries
from saas.sandbox.stripe.cards import BY_NUMBER
from saas.sandbox.stripe.methods import add_method
from saas.sandbox.stripe.pages.hosted import with_address
from saas.sandbox.stripe.store import Object, Store

HINTS = (
    ("4242424242424242", "Pays"),
    ("5555555555554444", "Pays (Mastercard)"),
    ("4000000000000002", "Is declined"),
    ("4000000000009995", "Has insufficient funds"),
    ("4000002500003155", "Asks its holder, until it is set up"),
    ("4000000000003220", "Asks its holder each time"),
    ("4000000000000341", "Can be kept, then fails"),
)
"""The cards that the pages offer, and what each does."""
_EXPIRY = re.compile(r"(\d{1,2}) ?/ ?(?:20)?(\d{2})")
Typed = dict[str, Any]


class CardForm(Form):
    """A card: each field has a message for what is wrong with it."""

    number = StringField(
        "Card number",
        [DataRequired("Please enter the card number."), Length(max=30, message="This is too long for a card number.")],
        render_kw={"inputmode": "numeric", "autocomplete": "cc-number"},
    )
    expiry = StringField(
        "Expires",
        [DataRequired("Please enter when the card expires."), Length(max=10, message="Write it as MM / YY.")],
        render_kw={"inputmode": "numeric", "autocomplete": "cc-exp", "placeholder": "MM / YY"},
    )
    code = StringField(
        "Security code",
        [DataRequired("Please enter the security code.")],
        render_kw={"inputmode": "numeric", "autocomplete": "cc-csc", "maxlength": "4"},
    )
    name = StringField(
        "Name on the card",
        [DataRequired("Please enter the name on the card."), Length(max=100, message="Use at most 100 characters.")],
        render_kw={"autocomplete": "cc-name"},
    )
    country = SelectField(
        "Country",
        [DataRequired("Please choose a country.")],
        choices=lambda: [("", "Choose a country"), *countries().items()],
        render_kw={"autocomplete": "billing country"},
    )

    def __init__(self, *given: Any, at: int, **more: Any) -> None:
        super().__init__(*given, **more)
        self.at = moment_of(at)

    def validate_number(self, field: Field) -> None:
        """Only the test cards; anything else is never taken."""
        digits = digits_of(field.data)
        if not (12 <= len(digits) <= 19 and is_number(digits)):
            raise ValidationError("This is no card number. Please check its digits.")
        if digits not in BY_NUMBER:
            raise ValidationError("This is none of the test cards. Never type a real card here.")

    def validate_expiry(self, field: Field) -> None:
        """A month that is not over."""
        month, year = expiry_of(field.data)
        if not 1 <= month <= 12:
            raise ValidationError("Write the month and the year as MM / YY.")
        if (year, month) < (self.at.year, self.at.month):
            raise ValidationError("This card has expired.")
        if year > self.at.year + 50:
            raise ValidationError("This year is too far away.")

    def validate_code(self, field: Field) -> None:
        """Four digits for American Express, three for all others."""
        card = BY_NUMBER.get(digits_of(self.number.data))
        length = 4 if card and card.brand == "amex" else 3
        if not re.fullmatch(rf"[0-9]{{{length}}}", field.data.strip()):
            raise ValidationError(f"The security code has {length} digits.")

    def typed(self) -> Typed:
        """What is to be remembered while the holder of the card is asked: no number, no code."""
        month, year = expiry_of(self.expiry.data)
        card = BY_NUMBER[digits_of(self.number.data)].name
        return {
            "card": card,
            "month": month,
            "year": year,
            "name": (self.name.data or "").strip(),
            "country": self.country.data,
        }


def add_card(store: Store, typed: Typed) -> Object:
    """The payment method that was typed, kept for nobody yet."""
    card = next(card for card in BY_NUMBER.values() if card.name == typed["card"])
    shown = {**with_address(typed["country"]), "email": None, "name": typed["name"], "phone": None}
    method = add_method(store, card, **shown)
    method["card"] |= {"exp_month": typed["month"], "exp_year": typed["year"]}
    return method


def drop_card(store: Store, id: str) -> None:
    """Forget a payment method that was typed in vain."""
    for method in store.find("payment_method", id=id, customer=None):
        store.remove(method)


def digits_of(text: str | None) -> str:
    """A card number without the spaces and strokes that people put in."""
    return re.sub(r"[\s-]", "", text or "")


def is_number(digits: str) -> bool:
    """Whether the last digit is the one that the others ask for (Luhn)."""
    if not re.fullmatch("[0-9]+", digits):
        return False
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def expiry_of(text: str | None) -> tuple[int, int]:
    """Month and year; month 0 for what is no expiry."""
    found = _EXPIRY.fullmatch((text or "").strip())
    return (int(found[1]), 2000 + int(found[2])) if found else (0, 0)


def moment_of(seconds: int) -> datetime:
    """UTC seconds as a moment."""
    return datetime.fromtimestamp(seconds, UTC)
