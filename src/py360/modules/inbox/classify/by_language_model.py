"""Mails that a language model looks at, too, where the office wants it; `wiring` names what asks the model."""

from typing import Annotated, Protocol

from pydantic import AfterValidator, BaseModel, ConfigDict

from py360.modules.inbox.classify.result import INTENTS, Category, Sentiment, Urgency


def _known_intent(intent: str) -> str:
    if intent not in INTENTS:
        raise ValueError("is no intent of ours")
    return intent


class Labels(BaseModel):
    """What a language model says of a mail; raises ValidationError for words that are not those of `result`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    category: Category
    intent: Annotated[str, AfterValidator(_known_intent)]
    sentiment: Sentiment
    urgency: Urgency


class MailLabeller(Protocol):
    """Asks a client's language model about a mail. Call it outside any transaction."""

    async def __call__(self, client_id: int, subject: str, text: str) -> Labels | None:
        """None: there is no model, its budget is used up, or it gave no answer that can be used."""
        ...


_labeller: list[MailLabeller] = []


def use_mail_labeller(labeller: MailLabeller) -> None:
    """Set what asks the model."""
    _labeller[:] = [labeller]


async def labels_of(client_id: int, subject: str, text: str) -> Labels | None:
    """What the client's language model says of a mail; None where it says nothing."""
    return await _labeller[0](client_id, subject, text) if _labeller else None
