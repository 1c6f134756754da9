"""Webhooks of the vendors that carry messages: which account an event belongs to. The inbox itself is `kit.webhooks`."""

import hmac
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from py360.kit import db
from py360.kit.webhooks import Item, JsonObject, Request
from py360.modules.compliance import api as compliance
from py360.modules.messaging.vendors import mailgun, meta, twilio
from py360.modules.messaging.vendors.base import ContactStop, Inbound, Moved
from py360.modules.providers.api import MetaSettings, ProviderAccount, accounts_of_type

TRACK: Final = "track"  # our own clicks and opens
Meaning = Moved | Inbound | ContactStop | None
Translate = Callable[[JsonObject, datetime], Meaning]

# The accounts through which a message went, and the one that wrote to a contact last.
_OF_MESSAGE: Final = """
select provider_id from communication_delivery_status where id = %(id)s and provider_id = any(%(accounts)s)
union
select provider_id from communication_delivery_status
where vendor_message_id = %(vendor_id)s and provider_id = any(%(accounts)s)
"""
_OF_CONTACT: Final = """
select provider_id from communication_delivery_status
where recipient_contact = %(contact)s and communication_type = %(channel)s and provider_id = any(%(accounts)s)
  and status <> 'blocked'
order by created_at desc limit 1
"""


@dataclass(frozen=True, slots=True)
class MessageWebhooks:
    """The webhooks of one vendor."""

    name: str
    channel: compliance.Channel
    parse_request: Callable[[Request], Sequence[Item]]
    verify_request: Callable[[ProviderAccount, Request], bool]
    translate: Translate

    async def accounts(self, max_age: float) -> Sequence[ProviderAccount]:
        """Every account at the vendor."""
        return await accounts_of_type(self.name, max_age)

    def parse(self, request: Request) -> Sequence[Item]:
        """The events of a request."""
        return self.parse_request(request)

    def verify(self, account: ProviderAccount, request: Request) -> bool:
        """Whether the account's secret signed the request."""
        return self.verify_request(account, request)

    async def accounts_of(self, item: Item, accounts: Sequence[ProviderAccount]) -> Sequence[ProviderAccount] | None:
        """The accounts that share most with what the event names. Of several (two clients may send from one number) the one
        whose message it is about, or that wrote to this person last."""
        shared = {each.id: len(item.names & each.settings.identifiers()) for each in accounts}
        most = max(shared.values(), default=0)
        best = [each for each in accounts if most and shared[each.id] == most]
        if len(best) == 1:
            return best
        among = best or accounts
        owners = await self._owners(item, [each.id for each in among])
        if owners:
            return [each for each in among if each.id in owners]
        return best if item.names else None

    async def _owners(self, item: Item, accounts: Sequence[int]) -> Collection[int]:
        try:
            meaning = self.translate(item.payload, datetime.now(UTC))
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError):
            return ()  # it becomes a dead letter
        async with db.unit_of_work() as session:
            if isinstance(meaning, Moved):
                params = {"id": meaning.message_id, "vendor_id": meaning.vendor_message_id, "accounts": accounts}
                return await db.fetch_all(session, int, _OF_MESSAGE, params)
            if meaning is None:
                return ()
            contact = compliance.contact_key(self.channel, meaning.contact)
            params = {"contact": contact, "channel": self.channel, "accounts": accounts}
            return await db.fetch_all(session, int, _OF_CONTACT, params)


HOOKS: Final[Mapping[str, MessageWebhooks]] = {
    "mailgun": MessageWebhooks(
        "mailgun", "email", mailgun.parse, mailgun.verify, lambda event, _: mailgun.translate(event)
    ),
    "meta": MessageWebhooks("meta", "whatsapp", meta.parse, meta.verify, meta.translate),
    "twilio": MessageWebhooks("twilio", "sms", twilio.parse, twilio.verify, twilio.translate),
}


async def knows_verify_token(token: str, account_id: int | None = None) -> bool:
    """Whether a webhook subscription (Meta's challenge) carries the token of one of our accounts, or of this one."""
    known = [
        account.expect(MetaSettings).webhook_token
        for account in await accounts_of_type("meta", 1.0)
        if account_id in {None, account.id}
    ]
    given = token.encode("utf-8", "replace")
    return any(each is not None and hmac.compare_digest(each.get_secret_value().encode(), given) for each in known)
