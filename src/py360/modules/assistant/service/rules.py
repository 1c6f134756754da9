"""Answers without a language model: what was asked for is looked up and answered in plain sentences."""

from dataclasses import dataclass, field
from typing import Final

from py360.kit.caller import Caller
from py360.kit.reads import Reads
from py360.modules.assistant.schemas import CampaignFigures, Figures
from py360.modules.assistant.service.passages import Passage, cited
from py360.modules.assistant.service.search import for_answer
from py360.modules.assistant.service.tools import TOOLS
from py360.modules.assistant.views import Section

GREETINGS: Final = frozenset(
    {"hi", "hello", "hey", "namaste", "नमस्ते", "good morning", "good afternoon", "good evening"}
)
INTRODUCTION: Final = (
    "Hello. I can look up your renewal cases, what is outstanding, the terms of a policy, the dashboard's figures, and what"
    " your office's documents say. Ask, for example: “What is outstanding for CASE-12?”"
)
_MONEY: Final = ("outstanding", "owe", "due amount", "how much", "pending payment", "balance", "बकाया")
_TERMS: Final = ("terms", "sum insured", "grace", "cover", "expire", "expiry")
_FIGURES: Final = ("dashboard", "figures", "how many cases", "collection rate", "performance", "statistics")
_CASE: Final = ("case", "policy", "customer", "status")


@dataclass(frozen=True, slots=True)
class RulesAnswer:
    """An answer by rules, with the passages it cites."""

    text: str
    passages: list[Passage] = field(default_factory=list)


def is_greeting(message: str) -> bool:
    """Whether a first message only says hello."""
    return message.strip(" !.,।").lower() in GREETINGS


async def answer(reads: Reads, caller: Caller, message: str, nothing: str) -> RulesAnswer:
    """What can be looked up about a message; `nothing` when that is nothing."""
    lowered = message.lower()
    for name, cues in (
        ("outstanding_amount", _MONEY),
        ("policy_terms", _TERMS),
        ("dashboard_figures", _FIGURES),
        ("find_case", _CASE),
    ):
        tool = TOOLS[name]
        if any(cue in lowered for cue in cues) and caller.may(*tool.permissions):
            found = await tool.run(reads, caller, message)
            if not found.startswith("Nothing"):
                return RulesAnswer(found)
    passages = await for_answer(reads, caller, message, 3)
    if passages:
        return RulesAnswer("Your documents say:\n\n" + cited(passages), passages)
    return RulesAnswer(nothing)


def _share(part: int, whole: int) -> float:
    return round(100 * part / whole, 1) if whole else 0.0


def analyse(figures: Figures) -> list[Section]:
    """The dashboard's figures in the five sections of the reference (section 27)."""
    total, waiting = figures.total_cases, _share(figures.pending_action, figures.total_cases)
    renewed = _share(figures.renewed, total)
    open_now = figures.in_progress + figures.pending_action
    return [
        {"title": "Situation", "points": [
            f"{total:,} cases{f' in {figures.period}' if figures.period else ''}: {figures.renewed:,} renewed ({renewed} %), {figures.in_progress:,} in progress,"
            f" {figures.pending_action:,} waiting for action ({waiting} %).",
            f"{figures.collection_rate:g} % of the premium is collected.",
        ]},
        {"title": "Insights", "points": [
            f"{waiting} % of the cases are waiting for action." if waiting > 20 else "Few cases are waiting for action.",
            "Less than half of the premium is in: reminders with a payment link come first." if figures.collection_rate < 50
            else "Collection is on its way: the cases that are left need a call rather than another message.",
            "Most customers are not reached digitally." if figures.digital_usage < 50 else "Most customers use digital channels.",
        ]},
        {"title": "Recommendations", "points": [
            f"1 to 2 weeks: work the {figures.pending_action:,} waiting cases in the order of the call list (most money at risk first).",
            "1 to 3 months: ask for missing e-mail addresses and mobiles with every call, and send payment links by the channel that the customer opens.",
            "3 to 12 months: hold out a share of the call list, and keep what is measured to raise renewals.",
        ]},
        {"title": "Success metrics", "points": [
            f"Renewed: from {renewed} % to {min(100.0, renewed + 5):g} %.",
            f"Waiting cases: from {figures.pending_action:,} to {figures.pending_action // 2:,}.",
            f"Collection: from {figures.collection_rate:g} % to {min(100.0, figures.collection_rate + 5):g} %.",
        ]},
        {"title": "Next questions", "points": [
            "Which agents have more waiting cases than they can work?",
            f"Which of the {open_now:,} open cases are due within seven days?",
            "Which campaigns brought payments, and which only opens?",
        ]},
    ]  # fmt: skip


def optimise(figures: Figures, filters: dict[str, str]) -> list[Section]:
    """What to change first, by the figures and what they were narrowed to."""
    where = ", ".join(f"{name} {value}" for name, value in filters.items() if value)
    first = analyse(figures)
    return [
        {"title": f"Where to begin{f' ({where})' if where else ''}", "points": first[1]["points"]},
        {"title": "What to do", "points": first[2]["points"]},
        {"title": "How to see that it works", "points": first[3]["points"]},
    ]


_PAGES: Final = {
    "dashboard": ["Each figure opens the cases behind it.", "Compare a week with the one before it, not with the month."],
    "upload": ["Upload the list as the insurer sends it; questions are asked only where it can be read in two ways.", "Download the failed rows, correct them, and upload only these."],
    "case tracking": ["Sort by due date or take the call list: the most money at risk comes first.", "Select several cases to assign or message them together."],
    "closed cases": ["Look at lapsed cases by agent and channel: what they have in common is what to change."],
    "policy timeline": ["Claims and late payments before the renewal are what to speak about on the call."],
    "case logs": ["Search by policy number to see who changed what."],
    "email manager": ["Answer angry mails first; replies to campaigns are marked."],
    "whatsapp manager": ["Within 24 hours of a customer's message an answer needs no template."],
    "email dashboard": ["Watch the time to the first answer more than the number of mails."],
    "whatsapp flow": ["A flow with more than five questions loses every second customer."],
    "campaign management": ["Every number opens its recipients, with the reason why each was skipped.", "Stop a campaign that many unsubscribe from; the others suffer from it."],
    "billing": ["Compare cost per renewal between channels, not cost per message."],
}  # fmt: skip


def page_hints(page: str, figures: Figures | None) -> list[Section]:
    """What is worth knowing on a page."""
    hints = _PAGES.get(page.strip().lower(), ["Open the help of this page, or ask about what you see."])
    about = analyse(figures)[0]["points"] if figures else []
    return [{"title": page or "This page", "points": [*about, *hints]}]


def campaign(figures: CampaignFigures) -> list[Section]:
    """What the figures of a campaign say. Rates are of what was delivered, the unsubscribe rate too."""
    delivered = _share(figures.delivered, figures.sent)
    opened, clicked = _share(figures.opened, figures.delivered), _share(figures.clicked, figures.delivered)
    left, won = _share(figures.unsubscribed, figures.delivered), _share(figures.converted, figures.delivered)
    advice = [
        "Clean the list first: too many addresses do not take mail." if delivered < 95 else "The list is clean.",
        "Try another subject line: few open the mail." if opened < 20 else "The subject line works.",
        "Put the payment link higher: few of those who open it click."
        if clicked < 3
        else "The mail leads to the link.",
        "Write less often: many unsubscribe." if left > 0.5 else "Few unsubscribe.",
    ]
    return [
        {"title": "Situation", "points": [
            f"{figures.sent:,} sent, {delivered} % delivered; of these {opened} % opened, {clicked} % clicked, {won} % renewed, {left} % unsubscribed.",
        ]},
        {"title": "Recommendations", "points": advice},
        {"title": "Success metrics", "points": [f"Opened: from {opened} % to {min(100.0, opened + 5):g} %.", f"Clicked: from {clicked} % to {min(100.0, clicked + 2):g} %."]},
    ]  # fmt: skip
