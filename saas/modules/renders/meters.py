"""What of renders is under way: those that wait for their turn or are worked on."""

from saas.modules.renders.queries import count_at_work

underway = count_at_work
