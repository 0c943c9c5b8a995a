"""Non-disclosure agreements under the laws of the United Kingdom."""

from saas.modules.validations.gates import Gate, holds, holds_most
from saas.modules.validations.rules.ruleset import RuleSet

_NUMBER = r"(\d{1,9}|one|two|three|four|five|six|seven|eight|nine|ten|twelve)"
_EXCEPTIONS = {
    "what is public already": (r"public (domain|knowledge)", r"publicly (available|known)"),
    "what was known before": (
        r"already (known|in .{0,20}possession)",
        r"(lawfully )?(known|possessed) .{0,40}(before|prior)",
    ),
    "what was found independently": (r"independently (developed|discovered|created)",),
    "what the law makes one disclose": (
        r"required (to be disclosed )?by (law|a court|any court|regulation)",
        r"court order",
    ),
}

NDA_UK = RuleSet(
    "nda_uk",
    "Non-disclosure (UK)",
    "Agreements about what is confidential.",
    "Common law of confidence; Trade Secrets Regulations 2018",
    (
        Gate(
            "parties",
            "Parties",
            "high",
            "Name both parties, companies with their registered number and office.",
            holds(r"\bbetween\b.{3,400}?\band\b", r"disclosing party", r"\bthe parties\b", r"\(\d\) .{3,120}"),
        ),
        Gate(
            "definition",
            "What is confidential",
            "high",
            "Define confidential information, so that both sides know what they must keep to themselves.",
            holds(
                r'"?confidential information"? (means|includes|shall mean|is|comprises)',
                r"definition of confidential",
                r"in this agreement,? .{0,40}confidential information",
            ),
        ),
        Gate(
            "purpose",
            "Permitted purpose",
            "medium",
            "Say for what the information may be used, and that it may be used for nothing else.",
            holds(r"permitted purpose", r"\bthe purpose\b", r"for the (sole )?purposes? of", r"(solely|only) (for|to)"),
        ),
        Gate(
            "term",
            "Term",
            "high",
            "Say for how long the duty lasts: a number of years, or without end for trade secrets.",
            holds(
                rf"(for|of) (a (further )?(period|term) of )?{_NUMBER}( ?\(\w{{1,30}}\))? (month|year)s?",
                r"indefinite(ly)?\b",
                r"without limit (in|of) time",
            ),
        ),
        Gate(
            "exceptions",
            "What is not confidential",
            "medium",
            "Except what is public, what was known before, what was found independently and what must be disclosed by law."
            " Two of these at least must be named.",
            holds_most(_EXCEPTIONS, least=2),
        ),
        Gate(
            "return",
            "Return or destruction",
            "low",
            "Say that documents and copies are given back or destroyed when asked for, or at the end.",
            holds(
                r"(return|destroy|destruction|delete|erase)(ed|s|ing)? .{0,80}(cop|document|material|information|record)"
            ),
        ),
        Gate(
            "governing_law",
            "Governing law",
            "high",
            "Name the law that governs the agreement and whose courts decide: England and Wales, Scotland or Northern Ireland.",
            holds(
                r"governed by .{0,60}(laws?|courts?)",
                r"laws? of (England|Scotland|Northern Ireland)",
                r"(English|Scots|Scottish) law",
                r"jurisdiction of the .{0,40}courts",
            ),
        ),
        Gate(
            "signatures",
            "Signatures",
            "low",
            "Leave room for both signatures, with name, position and date.",
            holds(r"sign(ed|ature)\b", r"executed (as a deed|by)", r"in witness"),
        ),
    ),
)
