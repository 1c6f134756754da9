"""What the office's rules and the classification make of a mail as it comes in: folder, star, category, priority, escalation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.modules.inbox.classify.result import Category, Classification
from py360.modules.inbox.ingest import service_level
from py360.modules.inbox.ingest.mime import ParsedMail
from py360.modules.inbox.stored_json import (
    MailField,
    Operator,
    StoredAction,
    StoredCondition,
    StoredIntent,
    StoredSentiment,
)
from py360.modules.settings import api as settings

SURE: Final = 0.55  # below it a mail is uncategorized
ANGRY: Final = -0.5
LOOKED_AT: Final = 20_000  # characters of the text that rules look at


@dataclass(frozen=True, slots=True)
class Condition:
    """What a rule asks of a mail."""

    field: MailField
    operator: Operator
    value: str

    def holds(self, texts: Mapping[str, str]) -> bool:
        """Whether a mail's text (in lower case, by field) is so."""
        text, value = texts[self.field], self.value.lower()
        match self.operator:
            case "contains":
                return value in text
            case "equals":
                return value in self._parts(text)
            case "starts_with":
                return any(each.startswith(value) for each in self._parts(text))
            case "ends_with":
                return any(each.endswith(value) for each in self._parts(text))

    def _parts(self, text: str) -> list[str]:
        """A text, and of addresses with names each by itself: `bank.example` ends an address, whatever name follows it."""
        return [text.strip(), *(text.split() if self.field in ("from", "to", "cc") else ())]


@dataclass(frozen=True, slots=True)
class Action:
    """What a rule does."""

    type: Literal["star", "move_to_folder"]
    folder: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the inbox: every condition must hold."""

    id: int
    name: str
    conditions: tuple[Condition, ...]
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class KeywordRule:
    """A word that says what a mail is about."""

    keyword: str
    category: Category
    priority: str


@dataclass(frozen=True, slots=True)
class Decided:
    """What is set on a mail as it comes in."""

    is_outbound: bool
    folder: str
    starred: bool
    category: Category
    priority: str
    status: str
    needs_work: bool
    classified: Classification | None
    escalation: str | None
    history: tuple[tuple[str, Mapping[str, object] | None], ...]

    @property
    def stored_intent(self) -> StoredIntent | None:
        """`aiIntent` as the API answers it; confidences in percent."""
        found = self.classified
        if found is None:
            return None
        return {
            "category": self.category,
            "code": found.intent,
            "confidence": round(found.category_confidence * 100),
            "subcategories": [
                {"name": each.name, "confidence": round(each.confidence * 100)} for each in found.subcategories
            ],
        }

    @property
    def stored_sentiment(self) -> StoredSentiment | None:
        """Confidence in percent and the emotions, 0 to 1."""
        found = self.classified
        if found is None:
            return None
        return {
            "confidence": round(found.sentiment_confidence * 100),
            "emotions": [{"emotion": each.name, "intensity": round(each.confidence, 2)} for each in found.emotions],
        }


@dataclass(frozen=True, slots=True)
class _RuleRow:
    id: int
    name: str
    conditions: list[StoredCondition]
    actions: list[StoredAction]


@dataclass(frozen=True, slots=True)
class Automation:
    """The rules of one client."""

    in_force: settings.Email
    rules: Sequence[Rule]
    keywords: Sequence[KeywordRule]

    @classmethod
    async def of(cls, session: AsyncSession, client_id: int) -> "Automation":
        """As they are now."""
        rules = await db.fetch_all(
            session,
            _RuleRow,
            "select id, name, conditions, actions from email_rules where client_id = %(client)s and enabled order by id",
            {"client": client_id},
        )
        keywords = await db.fetch_all(
            session,
            KeywordRule,
            "select lower(keyword) as keyword, category, priority from email_classification_rules"
            " where client_id = %(client)s and enabled order by id",
            {"client": client_id},
        )
        in_force = await settings.get(session, client_id, settings.Email)
        return cls(in_force, [_rule(row) for row in rules], keywords)

    @property
    def classifies(self) -> bool:
        """Whether the office wants mails classified."""
        return self.in_force.ai_intent_classification

    def deadline(self, received: datetime, category: str) -> datetime:
        """By when such a mail should be settled."""
        return service_level.deadline(received, category, self.in_force)

    def decide(self, mail: ParsedMail, folder: str, classified: Classification | None, is_outbound: bool) -> Decided:
        """What is set on a mail of a folder of ours."""
        if is_outbound:
            return Decided(True, folder, False, "uncategorized", "medium", "closed", False, None, None, ())
        texts = {
            "from": f"{mail.from_email} {mail.from_name.lower()}",
            "to": " ".join(mail.to),
            "cc": " ".join(mail.cc),
            "subject": mail.subject.lower(),
            "content": mail.text[:LOOKED_AT].lower(),
        }
        history: list[tuple[str, Mapping[str, object] | None]] = []
        starred = False
        for rule in self.rules:
            if all(each.holds(texts) for each in rule.conditions):
                history.append(("rule_applied", {"rule": rule.name}))
                for action in rule.actions:
                    starred = starred or action.type == "star"
                    if action.type == "move_to_folder" and action.folder and folder == "inbox":
                        folder = action.folder
        category, priority = self._category(texts, classified)
        works = folder not in ("junk", "spam", "trash", "archive") and not mail.is_automatic
        escalation = self._escalation(category, classified) if works else None
        if escalation:
            priority = "urgent"
            history.append(("escalated", {"reason": escalation}))
        status = "archived" if folder == "archive" else "escalated" if escalation else "new"
        return Decided(
            False, folder, starred, category, priority, status, works, classified, escalation, tuple(history)
        )

    def _category(self, texts: Mapping[str, str], classified: Classification | None) -> tuple[Category, str]:
        priority = "high" if classified is not None and classified.urgency == "high" else "medium"
        if self.in_force.auto_tagging:
            for rule in self.keywords:
                if rule.keyword in texts["subject"] or rule.keyword in texts["content"]:
                    return rule.category, "high" if priority == "high" else rule.priority
            is_sure = classified is not None and classified.category_confidence >= SURE
            if classified is not None and (is_sure or not self.in_force.fallback_tagging):
                return classified.category, priority
        return "uncategorized", priority

    def _escalation(self, category: Category, classified: Classification | None) -> str | None:
        if classified is None or not self.in_force.auto_escalate or not self.in_force.sentiment_analysis:
            return None
        is_pressing = classified.urgency == "high" or category == "complaint"
        if classified.sentiment != "negative" or classified.score > ANGRY or not is_pressing:
            return None
        feelings = ", ".join(each.name for each in classified.emotions) or "anger"
        return (
            f"The mail sounds angry ({feelings}) and is {'urgent' if classified.urgency == 'high' else 'a complaint'}."
        )


def _rule(row: _RuleRow) -> Rule:
    return Rule(
        row.id,
        row.name,
        tuple(Condition(each["field"], each["operator"], each["value"]) for each in row.conditions),
        tuple(Action(each["type"], each.get("folder")) for each in row.actions),
    )
