"""Privacy notices and contracts about personal data in the United Kingdom (UK GDPR, articles 13, 14 and 28)."""

from saas.modules.validations.gates import Gate, holds, holds_most, holds_when
from saas.modules.validations.rules.ruleset import RuleSet

_BASES = (
    r"(lawful|legal) basis",
    r"legitimate interests?",
    r"(with|on|by|of) (your |their |the person's )?consent",
    r"performance of (a|the|our) contract",
    r"legal obligation",
)
_RIGHTS = {
    "access": (r"rights? (of|to) access", r"access (to )?(your|their|the) (personal )?data", r"subject access"),
    "rectification": (r"rectif(y|ication)", r"correct(ed|ion)?\b"),
    "erasure": (r"erasure", r"erased?\b", r"be forgotten", r"delet(e|ed|ion)\b"),
    "restriction": (r"restrict(ion|ed)?\b",),
    "objection": (r"\bobject(ion)?\b",),
    "portability": (r"portab(le|ility)", r"machine[- ]readable"),
}

GDPR_UK = RuleSet(
    "gdpr_uk",
    "GDPR (UK)",
    "Personal data.",
    "UK GDPR, articles 13 and 14",
    (
        Gate(
            "controller",
            "Who is responsible",
            "high",
            "Name the controller with its full name and an address at which it can be reached.",
            holds(r"\b(data )?controller\b", r"responsible for (your|the|their) (personal )?data"),
        ),
        Gate(
            "lawful_basis",
            "Lawful basis",
            "high",
            "Name for each purpose the basis it rests on: consent, contract, legal obligation, vital interests, public"
            " task or legitimate interests.",
            holds(*_BASES),
        ),
        Gate(
            "purposes",
            "Purposes",
            "medium",
            "Say what the data are used for, purpose by purpose.",
            holds(
                r"\bpurposes?\b",
                r"(use|process|collect)(es|ed|ing)? (your |their |the |such )?(personal )?(data|information) (to|for|in order)",
            ),
        ),
        Gate(
            "retention",
            "How long data are kept",
            "high",
            "Say for how long each kind of data is kept, or by what rule that is decided.",
            holds(
                r"retention (period|schedule|time)",
                r"(kept|keep|retain(ed)?|stored?) .{0,60}(\d{1,9}|one|two|three|five|six|seven|ten|twelve) (day|week|month|year)s?",
                r"(no|for as|as) long(er)? (than|as) .{0,40}(necessary|needed|required)",
            ),
        ),
        Gate(
            "officer",
            "Contact of the data protection officer",
            "medium",
            "Give an address for questions about data protection: an officer's, or that of a mailbox that is read.",
            holds(r"data protection (officer|lead|contact)", r"\bDPO\b", r"(privacy|dataprotection|dpo)@[\w.-]{1,80}"),
        ),
        Gate(
            "rights",
            "Rights of the person",
            "high",
            "List the rights: access, rectification, erasure, restriction, objection and portability. Five of the six at"
            " least must be named.",
            holds_most(_RIGHTS, least=5),
        ),
        Gate(
            "complaint",
            "Complaint to the ICO",
            "medium",
            "Say that people may complain to the Information Commissioner's Office, and where.",
            holds(r"information commissioner", r"\bICO\b"),
        ),
        Gate(
            "transfers",
            "Transfers abroad",
            "medium",
            "Where data leave the United Kingdom, name the safeguard: an adequacy decision, the IDTA or standard clauses.",
            holds_when(
                (r"(transfer|send|store|process)(s|red|ring|ed|ing)? .{0,60}(outside|abroad|overseas|third countr)",),
                r"adequacy",
                r"\bIDTA\b",
                r"international data transfer",
                r"standard contractual clauses",
                r"binding corporate rules",
            ),
        ),
    ),
)
