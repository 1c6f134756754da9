"""Webhooks of the vendors that connect calls. The inbox itself is `kit.webhooks`."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit.errors import NotFound
from py360.kit.webhooks import Event, Item, Outcome, Request
from py360.modules.cases.service.call import apply_progress
from py360.modules.cases.vendors import twilio_voice
from py360.modules.providers.api import ProviderAccount, accounts_of_type


class VoiceWebhooks:
    """Twilio Voice: progress of a call."""

    name: Final = twilio_voice.TYPE

    async def accounts(self, max_age: float) -> Sequence[ProviderAccount]:
        """Every account at the vendor."""
        return await accounts_of_type(self.name, max_age)

    def parse(self, request: Request) -> Sequence[Item]:
        """The event of a request."""
        return twilio_voice.parse(request)

    def verify(self, account: ProviderAccount, request: Request) -> bool:
        """Whether the account's token signed the request."""
        return twilio_voice.verify(account, request)

    async def accounts_of(self, item: Item, accounts: Sequence[ProviderAccount]) -> Sequence[ProviderAccount] | None:
        """The accounts with the sid and the number that the event names; the sid alone when the number is another's."""
        shared = {each.id: len(item.names & each.settings.identifiers()) for each in accounts}
        most = max(shared.values(), default=0)
        return [each for each in accounts if most and shared[each.id] == most]


VOICE: Final = VoiceWebhooks()


async def apply(session: AsyncSession, events: Sequence[Event]) -> Outcome:
    """Write what the events say of their calls."""
    outcome = Outcome()
    for event in events:
        progress = twilio_voice.translate(event.payload, event.received_at)
        try:
            if progress is not None:
                await apply_progress(session, event.account_id, str(event.payload.get("_call", "")), progress)
        except NotFound as problem:
            outcome.dead[event.id] = problem.message
    return outcome
