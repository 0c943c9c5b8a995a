"""A worker that is killed while it gets a certificate, before each of its steps: the next run ends what was begun."""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import pytest
import requests
from sqlalchemy import delete, event

from saas.core.database import db
from saas.domains.certificates.models import AcmeAccount
from saas.domains.certificates.ordering import certify
from saas.tenancy.scope import platform_work
from tests.domains.certificates.conftest import row_of, told_of, verify
from tests.domains.certificates.pebble import needs_pebble
from tests.domains.certificates.test_ordering import ISSUED, certificate_in

pytestmark = needs_pebble


class Killed(BaseException):
    """The worker's process is gone."""


@contextmanager
def watched(dies_before: int | None, asked: Counter[str]) -> Iterator[None]:
    """Die before the so many-th commit, question to the authority or switch of a folder; count the questions by kind."""
    left = [dies_before or 0]

    def step(*_: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Killed

    def ask(session: requests.Session, method: str, url: str, *given: object, **options: object) -> requests.Response:
        step()
        asked["orders" if "order-plz" in url else "finals" if "finalize" in url else "others"] += 1
        return original_ask(session, method, url, *given, **options)

    def replace(*names: object) -> None:
        step()
        original_replace(*names)

    original_ask, original_replace = requests.Session.request, os.replace
    event.listen(db.guarded, "commit", step)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(requests.Session, "request", ask)
        patch.setattr(os, "replace", replace)
        try:
            yield
        finally:
            event.remove(db.guarded, "commit", step)


def test_whatever_is_killed_one_certificate_comes_of_it(acme, authority, folder):
    certify(verify(acme))
    ordered: list[int] = []
    for killed_before in count(1):
        host, asked = verify(acme), Counter()
        try:
            with watched(killed_before, asked):
                certify(host)
            break
        except Killed:
            assert told_of(acme, host) == []
        with watched(None, asked):
            certify(host)
        row = row_of(host)
        assert (row.status, row.order_url, row.order_key) == ("active", "", None), killed_before
        assert row.expires_at == certificate_in(folder, host).not_valid_after_utc
        assert told_of(acme, host) == [ISSUED]
        assert asked["finals"] == 1, "the same order is gone on with"
        ordered.append(asked["orders"])
    assert len(ordered) > 10, "it has that many steps at least"
    assert sorted(ordered) == [1] * (len(ordered) - 1) + [2], (
        "unheard is one answer alone, for which authorities order anew"
    )


@pytest.mark.parametrize("killed_before", [1, 2, 3, 4])
def test_the_first_run_of_all_may_be_killed_before_there_is_an_account(acme, authority, folder, killed_before):
    host = verify(acme)
    with platform_work() as session:
        session.execute(delete(AcmeAccount))
    with pytest.raises(Killed), watched(killed_before, Counter()):
        certify(host)
    certify(host)
    assert certificate_in(folder, host)
