"""What an authority is told twice: a run that was killed has asked already, and the next one cannot know."""

import pytest

from saas.domains.certificates.authority import Authority, Order, Refused, new_key
from saas.domains.certificates.operations import begin, keep_proof
from tests.domains.certificates.conftest import verify
from tests.domains.certificates.pebble import needs_pebble

pytestmark = needs_pebble


def judged(authority: Authority, order: Order) -> Order:
    """The order as it stands once its proof was looked for."""
    while order.status == "pending":
        order = authority.look(order.url)
    return order


@pytest.fixture
def ours_there(authority) -> Authority:
    """The authority with an account of ours."""
    return Authority(new_key()).register()


@pytest.mark.parametrize(("shown", "status"), [(True, "ready"), (False, "invalid")])
def test_asking_again_after_it_was_judged_is_no_refusal(acme, ours_there, shown, status):
    host = verify(acme)
    assert begin(host)
    order = ours_there.order(host)
    proof = ours_there.proof(order)
    assert proof is not None
    if shown:
        keep_proof(proof.token, proof.key_authorisation)
    ours_there.ask_to_look(proof)
    assert judged(ours_there, order).status == status
    ours_there.ask_to_look(proof)
    assert ours_there.look(order.url).status == status


def test_asking_for_the_order_of_somebody_else_is_refused(acme, ours_there):
    proof = ours_there.proof(ours_there.order(verify(acme)))
    assert proof is not None
    other = Authority(new_key()).register()
    with pytest.raises(Refused):
        other.ask_to_look(proof)
    ours_there.ask_to_look(proof)
