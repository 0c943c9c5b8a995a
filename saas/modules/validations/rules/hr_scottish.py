"""Contracts of employment in Scotland (Employment Rights Act 1996, section 1: the written statement)."""

from saas.modules.validations.gates import Gate, holds, lacks
from saas.modules.validations.rules.ruleset import RuleSet

HR_SCOTTISH = RuleSet(
    "hr_scottish",
    "Employment (Scotland)",
    "Contracts of employment and letters about them.",
    "Employment Rights Act 1996, section 1; Scots law",
    (
        Gate(
            "start_date",
            "First day of work",
            "high",
            "Name the day on which the employment begins, and from when continuous service counts.",
            holds(
                r"(employment|contract|you|work) .{0,40}(begins?|starts?|commences?|will (begin|start|commence)) on",
                r"(commencement|start(ing)?) date",
                r"continuous (employment|service)",
            ),
        ),
        Gate(
            "job",
            "Job and place of work",
            "medium",
            "Name the job title or describe the work, and say where it is done.",
            holds(r"job title", r"(employed|engaged|position|role|post) (as|of)\b", r"place of work", r"your duties"),
        ),
        Gate(
            "pay",
            "Pay and when it is paid",
            "high",
            "Say how much is paid, for which period and on which day.",
            holds(r"£ ?\d", r"salary (of|is|will be)", r"\d{1,9} pounds", r"national (minimum|living) wage"),
        ),
        Gate(
            "hours",
            "Hours of work",
            "high",
            "Say how many hours are worked in a week, on which days, and how they may vary.",
            holds(r"\b\d{1,2}([.,]\d{1,9})? hours", r"hours of work", r"working (hours|time|week)", r"normal hours"),
        ),
        Gate(
            "holiday",
            "Paid holiday",
            "medium",
            "Give at least 5.6 weeks of paid holiday a year (28 days for a week of five days).",
            holds(
                r"(annual leave|holidays?) .{0,80}\d",
                r"\b(2[89]|3\d|4\d)( working)? days",
                r"5\.6 weeks",
                r"\d{1,9} (working )?days'? .{0,30}(holiday|leave)",
            ),
        ),
        Gate(
            "notice",
            "Notice",
            "high",
            "Name the notice of both sides; it is never less than the statutory minimum.",
            holds(
                r"notice (period|of)",
                r"(week|month)s?'? (written )?notice",
                r"(terminat(e|ion)|end) .{0,60}notice",
                r"statutory (minimum )?notice",
            ),
        ),
        Gate(
            "grievance",
            "Discipline and grievances",
            "low",
            "Say where the disciplinary rules stand and to whom a grievance is brought.",
            holds(r"grievances?", r"disciplinary"),
        ),
        Gate(
            "scots_law",
            "Scots law",
            "medium",
            "Say that Scots law governs the contract. What names the laws of England alone does not fit an employer in Scotland.",
            lacks(
                r"governed by (and construed .{0,40})?(the )?(English law|laws? of England( and Wales)?)(?! and Scotland)"
            ),
        ),
    ),
)
