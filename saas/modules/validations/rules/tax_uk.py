"""Tax advice and invoices in the United Kingdom (VAT Regulations 1995, HMRC's standards for agents)."""

from saas.modules.validations.gates import Gate, holds, holds_when, lacks
from saas.modules.validations.rules.ruleset import RuleSet

_VAT = (r"\bVAT\b", r"value added tax")

TAX_UK = RuleSet(
    "tax_uk",
    "Tax (UK)",
    "Tax advice, invoices and letters about them.",
    "VAT Regulations 1995; HMRC's standard for agents",
    (
        Gate(
            "tax_year",
            "Tax year or date",
            "medium",
            "Name the tax year or the date to which figures and advice belong.",
            holds(
                r"tax year",
                r"20\d\d ?[/-] ?(20)?\d\d",
                r"\b\d{1,2} (january|february|march|april|may|june|july|august|september|october|november|december) 20\d\d",
                r"\b\d{1,2}[./-]\d{1,2}[./-]20\d\d\b",
            ),
        ),
        Gate(
            "vat_number",
            "VAT registration number",
            "high",
            "Where VAT is charged, give the registration number: GB and nine digits.",
            holds_when(
                _VAT, r"\bGB ?\d{3} ?\d{4} ?\d{2}\b", r"VAT (reg(istration)?\.? )?(no\.?|number)[^\n\d]{0,10}\d{9}\b"
            ),
        ),
        Gate(
            "vat_rate",
            "Rate of VAT",
            "medium",
            "Say which rate applies: 20 %, 5 %, zero-rated or exempt.",
            holds_when(_VAT, r"\b(20|5|0) ?%", r"zero[- ]rated", r"\bexempt\b", r"reverse charge"),
        ),
        Gate(
            "hmrc",
            "HMRC is named",
            "low",
            "Name HM Revenue & Customs where a duty towards it is spoken of.",
            holds(r"\bHMRC\b", r"HM Revenue", r"his majesty's revenue"),
        ),
        Gate(
            "no_avoidance",
            "No promise of avoidance",
            "high",
            "Take out what sells a scheme as safe. Arrangements without substance fall under the general anti-abuse rule.",
            lacks(
                r"avoid(ing)? (all|any|paying) tax",
                r"HMRC[- ](approved|proof)",
                r"tax loophole",
                r"(pay|paying) no tax",
                r"guaranteed (tax )?(saving|refund|rebate)s?",
            ),
        ),
        Gate(
            "circumstances",
            "Advice depends on circumstances",
            "medium",
            "Say on which facts the advice rests and that it holds for these alone.",
            holds(
                r"(individual|personal|your|particular|specific) circumstances",
                r"based on (the )?(information|facts|figures)",
                r"seek (independent |professional )?(tax )?advice",
            ),
        ),
        Gate(
            "deadline",
            "Deadline",
            "low",
            "Name the day by which a return, a payment or an answer is due.",
            holds(
                r"\bdue\b",
                r"deadline",
                r"(payable|paid|filed?|submitted|returned) (by|within|before|on)",
                r"31 january",
                r"payment terms",
            ),
        ),
    ),
)
