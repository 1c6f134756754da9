"""What to do next with a customer's mail, by rules (domain reference, section 17: `aiSuggestions`)."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Final

from py360.modules.inbox.queries.rows import OPEN, Mail
from py360.modules.inbox.views import SlaStatus, SuggestionView

MOST: Final = 5
_SOON: Final = timedelta(days=7)
_VALUED: Final = frozenset({"hni", "super_hni", "vip"})
_BY_INTENT: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "cancellation_request": (
        ("retention_offer", "The customer wants to cancel: make an offer before the policy is given up."),
        ("callback_schedule", "A call keeps more customers than a mail."),
    ),
    "price_objection": (
        ("discount_calculation", "The customer finds the premium too high: see what can be taken off."),
    ),
    "multi_policy_renewal": (("discount_calculation", "Several policies are renewed together."),),
    "claim_impact_inquiry": (("specialist_referral", "The question is about a claim."),),
    "coverage_inquiry": (("specialist_referral", "The question is about what is covered."),),
    "renewal_request": (("template", "Answer with the template for renewals and its payment link."),),
    "quote_delivery": (("template", "Answer with the template for quotes."),),
    "payment_reminder": (("template", "Answer with the template for payments and its link."),),
    "renewal_approval": (("quick_reply", "Confirm that it is renewed as agreed."),),
    "renewal_confirmation": (("quick_reply", "Confirm the renewal."),),
    "satisfaction_feedback": (("quick_reply", "Thank the customer."),),
    "apology_update": (("quick_reply", "Say how far it is."),),
    "general_inquiry": (("quick_reply", "Answer with a suggested reply."),),
}


def suggestions(mail: Mail, sla: SlaStatus, today: date) -> list[SuggestionView]:
    """At most five, the most pressing first; none for a mail of our own, or one that is settled."""
    if mail.direction != "inbound" or mail.status not in OPEN or mail.is_automatic:
        return []
    found: dict[str, SuggestionView] = {}
    for kind, reason in _due(mail, sla, today):
        found.setdefault(kind, {"type": kind, "reason": reason, "source": "rules"})
    return list(found.values())[:MOST]


def _due(mail: Mail, sla: SlaStatus, today: date) -> Iterator[tuple[str, str]]:
    is_unhappy = mail.sentiment_label == "negative"
    if is_unhappy and mail.customer_category in _VALUED:
        yield "manager_escalation", "An important customer is unhappy."
    if sla == "breach":
        yield "supervisor_escalation", "The time to answer is over."
    if is_unhappy and mail.status != "escalated" and (mail.category == "complaint" or mail.urgency == "high"):
        yield "escalation", "An unhappy customer complains."
    if mail.urgency == "high" or (mail.due_date is not None and mail.due_date <= today + _SOON):
        yield "priority_processing", "The mail is urgent, or the policy falls due within a week."
    yield from _BY_INTENT.get(mail.intent or "", ())
    if is_unhappy:
        yield "callback_schedule", "The customer is unhappy: call."
