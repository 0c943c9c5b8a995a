"""Financial promotions in the United Kingdom: fair, clear and not misleading (FCA Handbook, COBS 4)."""

from saas.modules.validations.gates import Gate, holds, holds_when, lacks
from saas.modules.validations.rules.ruleset import RuleSet

_PERFORMANCE = (
    r"past performance",
    r"performance (over|since|to date)",
    r"\breturned \d",
    r"\d{1,9}([.,]\d{1,9})? ?% (a|per) year",
)
_TAX = (r"\bISAs?\b", r"tax[- ]free", r"tax (relief|treatment|efficient|advantage)", r"\bSIPPs?\b")

FCA_UK = RuleSet(
    "fca_uk",
    "FCA (UK)",
    "Financial promotions and advice.",
    "FCA Handbook, COBS 4",
    (
        Gate(
            "risk_warning",
            "Risk warning",
            "high",
            "Say prominently that the value of investments can fall as well as rise and that people may get back less"
            " than they put in.",
            holds(
                r"capital (is )?at risk",
                r"(value|price)s? .{0,80}(go|fall) (down )?(as well as|or) (up|rise|down)",
                r"get back less than",
                r"(lose|loss of) (some or )?all (of )?(the |your )?(money|capital|investment)",
            ),
        ),
        Gate(
            "no_guarantee",
            "No guaranteed returns",
            "high",
            "Take out every promise of a return. Nothing that depends on a market can be guaranteed.",
            lacks(
                r"guaranteed (\w{1,30} ){0,2}(return|profit|income|growth|gain|yield)s?",
                r"risk[- ]free",
                r"(cannot|can't|never) lose",
                r"(certain|sure) (profit|return|win)s?",
            ),
        ),
        Gate(
            "firm_reference",
            "Firm reference number",
            "high",
            "Name the firm with its reference number of six or seven digits, as in the Financial Services Register.",
            holds(
                r"(firm reference( number)?|\bFRN\b|reference number|registration number)[^\n\d]{0,20}\d{6,7}\b",
            ),
        ),
        Gate(
            "authorised",
            "Who authorises the firm",
            "medium",
            "Add “authorised and regulated by the Financial Conduct Authority”, or name who approved the promotion.",
            holds(
                r"authori[sz]ed (and|&) regulated by",
                r"appointed representative of",
                r"approved by .{2,80}(FCA|Financial Conduct)",
            ),
        ),
        Gate(
            "past_performance",
            "Past performance warning",
            "high",
            "Beside every figure about the past, say that past performance is not a reliable guide to the future.",
            holds_when(
                _PERFORMANCE,
                r"past performance (is|does|should|cannot|may) .{0,60}(not|no|never)\b",
                r"not a (reliable )?(guide|indicator) (to|of) (the )?future",
            ),
        ),
        Gate(
            "charges",
            "Charges are named",
            "medium",
            "Say which charges apply and where they are set out, so that the price is as clear as the benefit.",
            holds(r"\b(charge|fee|cost)s?\b"),
        ),
        Gate(
            "tax_depends",
            "Tax depends on the person",
            "low",
            "Where tax is a benefit, add that it depends on individual circumstances and may change.",
            holds_when(
                _TAX,
                r"depends? on (your |the )?(individual|personal|own) circumstances",
                r"tax (rules|treatment|law)s? (may|can) change",
            ),
        ),
        Gate(
            "no_pressure",
            "No pressure to hurry",
            "medium",
            "Take out what presses people to decide at once: time to think belongs to a fair promotion.",
            lacks(
                r"act (now|fast|today)",
                r"(last|final) chance",
                r"don't miss (out|this)",
                r"once[- ]in[- ]a[- ]lifetime",
                r"only \d{1,9} (places|spaces) left",
            ),
        ),
    ),
)
