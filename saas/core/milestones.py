"""Milestones: what an organisation does for the first time. Whoever sees one reached tells so here; whoever cares listens.

The one who tells neither knows who listens nor has to remember having told: of a milestone that is told twice, the first
time counts. What follows from it is part of the present transaction.
"""

from uuid import UUID

from blinker import Signal

from saas.core.module import Milestone

reached = Signal()
"""Sent with the milestone and, as ``by``, the id of the account whose doing it was (None: nobody's in particular)."""


def reach(milestone: Milestone, *, by: UUID | None) -> None:
    """Tell that the tenant in scope has come to a milestone."""
    reached.send(milestone, by=by)
