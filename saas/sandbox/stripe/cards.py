"""The test cards that Stripe documents: their numbers, the payment methods that stand for them, what they do."""

from dataclasses import dataclass

from saas.sandbox.stripe.errors import Fault, card_error
from saas.sandbox.stripe.store import Object


@dataclass(frozen=True, slots=True)
class Card:
    """A test card.

    `charge` is why a payment is declined, `attach` why keeping it for a customer is; `asks`: when its holder must
    authenticate: never, always, or until it was set up for later (`unless_set_up`).
    """

    name: str
    number: str
    brand: str = "visa"
    charge: str | None = None
    attach: str | None = None
    asks: str = "never"
    country: str = "US"
    funding: str = "credit"

    @property
    def last4(self) -> str:
        """The last four digits."""
        return self.number[-4:]


CARDS = (
    Card("visa", "4242424242424242"),
    Card("visa_debit", "4000056655665556", funding="debit"),
    Card("mastercard", "5555555555554444", brand="mastercard"),
    Card("mastercard_debit", "5200828282828210", brand="mastercard", funding="debit"),
    Card("amex", "378282246310005", brand="amex"),
    Card("discover", "6011111111111117", brand="discover"),
    Card("diners", "3056930009020004", brand="diners"),
    Card("jcb", "3566002020360505", brand="jcb"),
    Card("unionpay", "6200000000000005", brand="unionpay"),
    Card("de", "4000002760000016", country="DE"),
    Card("gb", "4000008260000000", country="GB"),
    Card("fr", "4000002500000003", country="FR"),
    Card("chargeDeclined", "4000000000000002", charge="generic_decline", attach="generic_decline"),
    Card("chargeCustomerFail", "4000000000000341", charge="generic_decline"),
    Card("visa_chargeDeclined", "4000000000000002", charge="generic_decline", attach="generic_decline"),
    Card(
        "visa_chargeDeclinedInsufficientFunds",
        "4000000000009995",
        charge="insufficient_funds",
        attach="insufficient_funds",
    ),
    Card("visa_chargeDeclinedLostCard", "4000000000009987", charge="lost_card", attach="lost_card"),
    Card("visa_chargeDeclinedStolenCard", "4000000000009979", charge="stolen_card", attach="stolen_card"),
    Card("chargeDeclinedExpiredCard", "4000000000000069", charge="expired_card", attach="expired_card"),
    Card("chargeDeclinedIncorrectCvc", "4000000000000127", charge="incorrect_cvc", attach="incorrect_cvc"),
    Card("chargeDeclinedProcessingError", "4000000000000119", charge="processing_error", attach="processing_error"),
    Card("authenticationRequired", "4000002760003184", asks="always", country="DE"),
    Card("threeDSecure2Required", "4000000000003220", asks="always"),
    Card("authenticationRequiredOnSetup", "4000002500003155", asks="unless_set_up", country="FR"),
    Card("authenticationRequiredSetupForOffSession", "4000003800000446", asks="off_session_never"),
    Card(
        "authenticationRequiredChargeDeclinedInsufficientFunds",
        "4000008260003178",
        charge="insufficient_funds",
        asks="always",
        country="GB",
    ),
)
BY_NAME = {card.name: card for card in CARDS}
BY_NUMBER = {card.number: card for card in reversed(CARDS)}

DECLINES = {
    "generic_decline": ("card_declined", "Your card was declined."),
    "insufficient_funds": ("card_declined", "Your card has insufficient funds."),
    "lost_card": ("card_declined", "Your card was declined."),
    "stolen_card": ("card_declined", "Your card was declined."),
    "authentication_required": (
        "authentication_required",
        "Your card was declined. This transaction requires authentication.",
    ),
    "expired_card": ("expired_card", "Your card has expired."),
    "incorrect_cvc": ("incorrect_cvc", "Your card's security code is incorrect."),
    "processing_error": (
        "processing_error",
        "An error occurred while processing your card. Try again in a little bit.",
    ),
}
"""By the reason of a decline: the error's code, and what it says."""
WITHOUT_DECLINE_CODE = ("expired_card", "incorrect_cvc", "processing_error")


def card_of(method: Object) -> Card:
    """The test card behind a payment method."""
    return BY_NAME[method["_card"]]


def declined(reason: str) -> Object:
    """The fields of an error for a reason: code, message and decline code."""
    code, message = DECLINES[reason]
    shown = None if reason in WITHOUT_DECLINE_CODE else reason
    return {"type": "card_error", "code": code, "message": message, "decline_code": shown}


def refusal(reason: str, **more: object) -> Fault:
    """The 402 for a reason."""
    fields = declined(reason)
    return card_error(fields["code"], fields["message"], fields["decline_code"], **more)
