"""What time it is."""

from datetime import UTC, datetime, timedelta

import pytest

from saas.core.clock import ago, now


def test_a_block_happens_as_long_ago_as_it_says_and_what_follows_it_does_not() -> None:
    before = datetime.now(UTC)
    with pytest.raises(ZeroDivisionError), ago(timedelta(days=9)):
        with ago(timedelta(days=2)):
            within = now()
        around = now()
        _ = 1 / 0
    after = now()
    assert around + timedelta(days=8) < before < within + timedelta(days=2) < after
