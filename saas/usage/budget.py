"""A budget: what an organisation wants to spend on use beyond its plan in a month, and what happens when it is spent."""

from dataclasses import dataclass
from decimal import Decimal

from saas.catalogue.current import catalogue
from saas.tenancy.standing import get_standing

CONFIG = "budget"
"""The key in an organisation's config under which its budget is kept."""
THRESHOLDS = (50, 80, 100)
"""Of how much of the budget, in percent, people are told."""


@dataclass(frozen=True, slots=True)
class Budget:
    """``amount`` in the catalogue's currency, None for no budget; with ``stop`` nothing that costs is used beyond it."""

    amount: Decimal | None = None
    stop: bool = False

    def stored(self) -> dict[str, object]:
        """As it is kept."""
        return {"amount": None if self.amount is None else str(self.amount), "stop": self.stop}


def get_budget() -> Budget:
    """The budget of the tenant in scope; the catalogue's while it has set none."""
    stored = get_standing().config.get(CONFIG)
    if stored is None:
        return Budget(catalogue().budget)
    amount = stored.get("amount")
    return Budget(None if amount is None else Decimal(amount), bool(stored.get("stop")))
