"""Coupons and promotion codes."""

from typing import Any

import pytest
import stripe

from saas.sandbox.stripe import clock
from saas.sandbox.stripe.discounts import redeem
from saas.sandbox.stripe.store import Store

Api = stripe.V1Services
PERCENT: Any = {"percent_off": 25.5}


@pytest.mark.parametrize(
    "params",
    [
        {"percent_off": 100},
        {"amount_off": 500, "currency": "eur"},
        {"percent_off": 10, "duration": "repeating", "duration_in_months": 3},
        {"percent_off": 0.5, "duration": "forever", "id": "FRIENDS"},
    ],
)
def test_a_coupon_is_a_part_or_an_amount_off(api: Api, params: Any) -> None:
    made = api.coupons.create(params=params)
    assert made.valid
    assert made.to_dict().items() >= params.items()


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"percent_off": 0},
        {"percent_off": 101},
        {"percent_off": 10, "amount_off": 500, "currency": "eur"},
        {"amount_off": 500},
        {"amount_off": 0, "currency": "eur"},
        {"percent_off": 10, "duration": "repeating"},
        {"percent_off": 10, "duration_in_months": 3},
        {"percent_off": 10, "duration": "always"},
        {"percent_off": 10, "redeem_by": 1},
    ],
)
def test_a_coupon_that_cannot_be_is_refused(api: Api, params: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        api.coupons.create(params=params)
    assert api.coupons.list().data == []


def test_a_code_is_found_however_it_is_written_and_is_the_only_active_one(api: Api) -> None:
    coupon = api.coupons.create(params=PERCENT)
    params: Any = {"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "Spring"}
    made = api.promotion_codes.create(params=params)
    found = api.promotion_codes.list(params={"code": "SPRING", "expand": ["data.promotion.coupon"]}).data
    assert [it.id for it in found] == [made.id]
    assert isinstance(found[0].promotion.coupon, stripe.Coupon)
    with pytest.raises(stripe.InvalidRequestError, match="already exists"):
        api.promotion_codes.create(params={**params, "code": "SPRING"})
    api.promotion_codes.update(made.id, params={"active": False})
    api.promotion_codes.create(params={**params, "code": "SPRING"})


def test_a_code_ends_at_its_time_and_stays_ended(api: Api, store: Store) -> None:
    coupon = api.coupons.create(params=PERCENT)
    params: Any = {"promotion": {"type": "coupon", "coupon": coupon.id}, "expires_at": store.now() + 100}
    made = api.promotion_codes.create(params=params)
    assert made.active
    clock.advance(store, 200)
    assert not api.promotion_codes.retrieve(made.id).active
    with pytest.raises(stripe.InvalidRequestError):
        api.promotion_codes.update(made.id, params={"active": True})
    with pytest.raises(stripe.InvalidRequestError):
        api.promotion_codes.create(params=params)


def test_a_coupon_that_is_used_up_is_no_longer_valid(api: Api, store: Store) -> None:
    coupon = api.coupons.create(params={"percent_off": 10, "max_redemptions": 2})
    redeem(store, store.get("coupon", coupon.id))
    assert api.coupons.retrieve(coupon.id).valid
    redeem(store, store.get("coupon", coupon.id))
    used = api.coupons.retrieve(coupon.id)
    assert (used.valid, used.times_redeemed) == (False, 2)
    with pytest.raises(stripe.InvalidRequestError, match="no longer valid"):
        api.promotion_codes.create(params={"promotion": {"type": "coupon", "coupon": coupon.id}})
    assert api.coupons.delete(coupon.id).deleted
