"""Writes about validations and custom gates, in the tenant's scope."""

from saas.members.holdings import Holding
from saas.modules.validations.queries import count_validations_of

holdings = (Holding("validations.validations", "Validations", count_validations_of, one="Validation"),)
