"""The language model's word on mails that came in: it replaces what the built-in classifier said, and never what people said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.modules.inbox.classify.by_language_model import Labels, labels_of
from py360.modules.inbox.ingest import service_level
from py360.modules.inbox.ingest.mime import own_words
from py360.modules.inbox.service.lock import note
from py360.modules.settings import api as settings

MOST: Final = 200  # mails of one batch; a first synchronisation is left to the built-in classifier
_WAITING: Final = """
select id, subject, coalesce(left(body_text, 20000), '') as text, received_at from emails
where id = any(%(ids)s) and client_id = %(client)s and direction = 'inbound' and not is_automatic
  and classified_by in ('rules', 'model')
order by id limit %(most)s
"""
# Labels that people set meanwhile are kept.
_LABEL: Final = """
update emails set classified_by = 'language_model', intent = %(intent)s::text, sentiment_label = %(sentiment)s, urgency = %(urgency)s,
  category = case when %(tags)s then %(category)s::text else category end,
  sla_deadline = case when sla_deadline is null then null else %(deadline)s::timestamptz end,
  ai_intent = coalesce(ai_intent, '{}') || jsonb_build_object('category', %(category)s::text, 'code', %(intent)s::text),
  version = version + 1
where id = %(id)s and classified_by in ('rules', 'model') returning status = 'new'
"""
_ESCALATE: Final = """
update emails set status = 'escalated', priority = 'urgent', escalation_reason = %(reason)s, escalated_at = %(now)s,
  version = version + 1
where id = %(id)s and status = 'new'
"""


@dataclass(frozen=True, slots=True)
class _Mail:
    id: int
    subject: str
    text: str
    received_at: datetime


async def is_wanted(session: AsyncSession, client_id: int) -> bool:
    """Whether the office wants its language model asked."""
    chosen = await settings.get(session, client_id, settings.Email)
    return chosen.ai_intent_classification and chosen.classify_with == "language_model"


async def ask(client_id: int, email_ids: Sequence[int]) -> list[int]:
    """Ask the model about these mails, one after the other; those that are escalated by its answer."""
    async with db.unit_of_work() as session:
        chosen = await settings.get(session, client_id, settings.Email)
        params = {"ids": list(email_ids), "client": client_id, "most": MOST}
        mails = await db.fetch_all(session, _Mail, _WAITING, params)
    escalated = []
    for mail in mails:
        labels = await labels_of(client_id, mail.subject, own_words(mail.text))
        if labels is None:
            continue
        async with db.unit_of_work() as session:
            if await _apply(session, mail, labels, chosen):
                escalated.append(mail.id)
    return escalated


async def _apply(session: AsyncSession, mail: _Mail, labels: Labels, chosen: settings.Email) -> bool:
    """Write the labels down; whether the mail is escalated by them."""
    params = {
        "id": mail.id, "intent": labels.intent, "sentiment": labels.sentiment, "urgency": labels.urgency,
        "category": labels.category, "tags": chosen.auto_tagging,
        "deadline": service_level.deadline(mail.received_at, labels.category, chosen),
    }  # fmt: skip
    is_new = await db.fetch_one(session, bool, _LABEL, params)
    if is_new is None:
        return False
    await note(session, None, [mail.id], "classified", {"by": "language_model", "intent": labels.intent})
    wants = chosen.auto_escalate and chosen.sentiment_analysis
    presses = labels.urgency == "high" or labels.category == "complaint"
    if not (is_new and wants and presses and labels.sentiment == "negative"):
        return False
    reason = f"The mail sounds angry and is {'urgent' if labels.urgency == 'high' else 'a complaint'}."
    now = resources.current().clock.now()
    await db.execute(session, _ESCALATE, {"id": mail.id, "reason": reason, "now": now})
    await db.execute(
        session,
        "insert into email_notes (email_id, content, is_system) values (%(id)s, 'Escalated: ' || %(reason)s, true)",
        {"id": mail.id, "reason": reason},
    )
    await note(session, None, [mail.id], "escalated", {"reason": reason})
    return True
