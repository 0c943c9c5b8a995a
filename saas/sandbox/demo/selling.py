"""What the demo sells at the stand-in: what stands in the catalogue, and a promotion code to try."""

from saas.billing.operations.offering import compare_offering, sync
from saas.billing.operations.wares import KINDS, difference, slug_of, wanted
from saas.catalogue.current import catalogue
from saas.core.runtime import settings
from saas.sandbox.stripe.discounts import create_code, create_coupon
from saas.sandbox.stripe.present import present
from saas.sandbox.stripe.routes import Call
from saas.sandbox.stripe.store import Store

CODE, WORTH = "WELCOME20", "20 % off for three months"
_COUPON = {"name": WORTH, "percent_off": 20.0, "duration": "repeating", "duration_in_months": 3}


def is_sold(store: Store) -> bool:
    """Whether the books hold all that is sold today; they are looked at as they are, so no call is made."""
    found = {kind: [present(store, one, ()) for one in store.find(kind.removesuffix("s"))] for kind in KINDS}
    steps = difference(wanted(catalogue(), settings().stripe_prices), found, slug_of(catalogue()))
    return _has_code(store) and all(step.verb == "wrong" for step in steps)


def sell(store: Store) -> None:
    """Bring what is missing to the stand-in, which must answer. Raises Refused and Unanswered."""
    list(sync(*compare_offering()))
    with store.lock:
        if not _has_code(store):
            coupon = create_coupon(Call(store, dict(_COUPON)))
            create_code(Call(store, {"code": CODE, "promotion": {"type": "coupon", "coupon": coupon["id"]}}))


def _has_code(store: Store) -> bool:
    """Whether it was made; somebody may have turned it off since."""
    return bool(store.find("promotion_code", code=CODE))
