"""What an authority is told twice: a run that was killed has asked already, and the next one cannot know."""

from types import SimpleNamespace

import pytest

from saas.domains.certificates.authority import Authority, Order, Refused, new_key
from saas.domains.certificates.operations import begin, keep_proof
from tests.domains.certificates.conftest import verify
from tests.domains.certificates.pebble import needs_pebble

pytestmark = needs_pebble


def judged(authority: Authority, order: Order) -> Order:
    """The order as it stands once its proof was looked for."""
    for _ in range(2_000):
        if order.status != "pending":
            return order
        order = authority.look(order.url)
    raise AssertionError("the proof was never looked for")


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


class Nonsense:
    """What no authority understands."""

    def response(self, _key: object) -> "Nonsense":
        return self

    def json_dumps(self, **_options: object) -> str:
        return "[]"


def test_a_question_that_is_not_understood_is_refused_while_the_proof_is_wanted(acme, ours_there):
    proof = ours_there.proof(ours_there.order(verify(acme)))
    assert proof is not None
    question = SimpleNamespace(uri=proof.body.uri, chall=Nonsense())
    with pytest.raises(Refused, match="malformed"):
        ours_there.ask_to_look(type(proof)(proof.token, proof.key_authorisation, True, question))
