"""What of streams is under way: those that are on air."""

from saas.modules.streams.queries import count_live

underway = count_live
