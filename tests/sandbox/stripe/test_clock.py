"""Time in the sandbox: what is due runs in order, at its moment, by the clock it goes by."""

from pathlib import Path

import pytest
import stripe

from saas.sandbox.stripe import clock
from saas.sandbox.stripe.store import Store

DAY = 86_400
START = 1_800_000_000
ran: list[tuple[str, int]] = []


@clock.due("test.note")
def note(store: Store, word: str, customer: str | None = None, again: int = 0) -> None:
    """Note a word and the moment; and again a day later, so many times."""
    ran.append((word, store.now(customer)))
    if again:
        store.at(store.now(customer) + DAY, "test.note", customer=customer, word=word, again=again - 1)


@pytest.fixture(autouse=True)
def _nothing_ran() -> None:
    ran.clear()


def test_what_is_due_runs_in_order_at_its_exact_moment_in_one_jump(store: Store) -> None:
    now = store.now()
    store.at(now + 3 * DAY, "test.note", word="last")
    store.at(now + 1 * DAY, "test.note", word="first", again=1)
    store.at(now + 400 * DAY, "test.note", word="never")
    clock.advance(store, 365 * DAY)
    assert ran == [("first", now + DAY), ("first", now + 2 * DAY), ("last", now + 3 * DAY)]
    assert 0 <= store.now() - (now + 365 * DAY) <= 60


def test_what_a_handler_makes_has_the_moment_it_was_due(store: Store) -> None:
    made: list[int] = []

    @clock.due("test.make")
    def make(store: Store) -> None:
        made.append(store.add("product", {"name": "x", "type": "service", "updated": 0})["created"])

    moment = store.now() + 30 * DAY
    store.at(moment, "test.make")
    clock.advance(store, 60 * DAY)
    assert made == [moment]


def test_a_customer_of_a_test_clock_lives_by_it(api: stripe.V1Services, store: Store) -> None:
    test_clock = api.test_helpers.test_clocks.create(params={"frozen_time": START, "name": "Year"})
    frozen = api.customers.create(params={"test_clock": test_clock.id})
    free = api.customers.create(params={})
    assert (frozen.created, free.created > START - 10 * 365 * DAY) == (START, True)
    store.at(START + DAY, "test.note", customer=frozen.id, word="frozen")
    clock.advance(store, 2 * DAY)
    assert ran == []
    answer = api.test_helpers.test_clocks.advance(test_clock.id, params={"frozen_time": START + 2 * DAY})
    assert answer.status == "advancing"
    found = api.test_helpers.test_clocks.retrieve(test_clock.id)
    assert (found.status, found.frozen_time) == ("ready", START + 2 * DAY)
    assert ran == [("frozen", START + DAY)]
    assert api.customers.list().data[0].id == free.id
    assert api.customers.list(params={"test_clock": test_clock.id}).data[0].id == frozen.id


@pytest.mark.parametrize("moment", [START - 1, START, START + 800 * DAY])
def test_a_test_clock_goes_forward_and_not_too_far(api: stripe.V1Services, moment: int) -> None:
    test_clock = api.test_helpers.test_clocks.create(params={"frozen_time": START})
    with pytest.raises(stripe.InvalidRequestError):
        api.test_helpers.test_clocks.advance(test_clock.id, params={"frozen_time": moment})
    api.test_helpers.test_clocks.advance(test_clock.id, params={"frozen_time": START + 700 * DAY})


def test_a_test_clock_takes_its_customers_with_it(api: stripe.V1Services) -> None:
    test_clock = api.test_helpers.test_clocks.create(params={"frozen_time": START})
    customer = api.customers.create(params={"test_clock": test_clock.id})
    assert api.test_helpers.test_clocks.delete(test_clock.id).deleted
    assert api.customers.retrieve(customer.id).deleted


def test_a_handler_that_fails_leaves_the_clock_failed(api: stripe.V1Services, store: Store) -> None:
    test_clock = api.test_helpers.test_clocks.create(params={"frozen_time": START})
    customer = api.customers.create(params={"test_clock": test_clock.id})
    store.at(START + 1, "test.note", customer=customer.id, words="wrong")
    with pytest.raises(stripe.APIError):
        api.test_helpers.test_clocks.advance(test_clock.id, params={"frozen_time": START + DAY})
    assert api.test_helpers.test_clocks.retrieve(test_clock.id).status == "internal_failure"


def test_everything_is_found_again_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "stripe.json"
    old = Store(path)
    customer = old.add("customer", {"email": "ann@example.com"})
    old.at(old.now() + DAY, "test.note", word="kept")
    clock.advance(old, 60)
    old.save()
    new = Store(path)
    assert new.get("customer", customer["id"]) == customer
    assert abs(new.now() - old.now()) <= 1
    clock.advance(new, DAY)
    assert [word for word, _ in ran] == ["kept"]
    assert [file.name for file in tmp_path.iterdir()] == ["stripe.json"]
