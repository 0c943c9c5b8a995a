"""The rule sets that documents are checked against. Each is a feature of the catalogue, under the same name."""

from collections.abc import Mapping

from saas.modules.validations.rules.fca_uk import FCA_UK
from saas.modules.validations.rules.gdpr_uk import GDPR_UK
from saas.modules.validations.rules.hr_scottish import HR_SCOTTISH
from saas.modules.validations.rules.nda_uk import NDA_UK
from saas.modules.validations.rules.ruleset import RuleSet
from saas.modules.validations.rules.tax_uk import TAX_UK

RULE_SETS: Mapping[str, RuleSet] = {one.name: one for one in (FCA_UK, GDPR_UK, TAX_UK, NDA_UK, HR_SCOTTISH)}

__all__ = ["RULE_SETS", "RuleSet"]
