"""What the tests of validations share: texts, and ways to check them and to make gates."""

from collections.abc import Callable, Sequence
from uuid import UUID

import pytest

from saas.core.actor import SYSTEM
from saas.modules.validations.operations.gates import GateDraft, create_gate
from saas.modules.validations.operations.validations import Draft, run_validation
from saas.modules.validations.samples import SAMPLES
from saas.tenancy.scope import tenant_work
from tests.cast import Organisation

PROMOTION = "\n".join(SAMPLES[0].lines)
"""A financial promotion that passes all gates of the FCA's rules."""
BARE = "Our fund brings guaranteed returns to everybody."
FORM = {"title": "Spring letter", "document_type": "financial_promotion", "rule_sets": ["fca_uk"], "text": PROMOTION}

Make = Callable[..., UUID]


@pytest.fixture
def check() -> Make:
    """Check a document in an organisation: ``check(acme, "Letter", text=BARE)`` gives the validation's id."""

    def run(
        where: Organisation,
        title: str,
        *,
        text: str = PROMOTION,
        kind: str = "financial_promotion",
        rule_sets: Sequence[str] = ("fca_uk",),
    ) -> UUID:
        with tenant_work(where):
            return run_validation(Draft(title, kind, text, rule_sets), actor=SYSTEM).id

    return run


@pytest.fixture
def gate() -> Make:
    """Make a gate in an organisation: ``gate(acme, "No slogans", phrase="best in class")`` gives its id."""

    def make(where: Organisation, label: str, *, phrase: str, kind: str = "must_not") -> UUID:
        with tenant_work(where):
            return create_gate(GateDraft(label, kind, phrase, "high"), actor=SYSTEM).id

    return make
