"""Rate limits: the quotas of an account, its rate, and what the office limits by itself. The send gate's last checks.

Quotas are counted in the ledger, rates in Valkey; both hold for all workers together.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.clock import INDIA
from py360.modules.messaging.messages import Outgoing
from py360.modules.providers.api import ProviderAccount
from py360.modules.settings import api as settings

RATE_RETRY: Final = timedelta(seconds=5)  # at the earliest


@dataclass(frozen=True, slots=True)
class _Rate:
    """So many messages in a while (`60/minute`), counted by what they have in common."""

    rate: str
    key: tuple[str, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class _Used:
    """How many messages an account sent today and this month."""

    day: int
    month: int


_USED: Final = """
select count(*) filter (where created_at >= %(today)s) as day, count(*) as month
from communication_delivery_status where provider_id = %(id)s and created_at >= %(month)s and status <> 'blocked'
"""


async def _office(session: AsyncSession, one: Outgoing, in_force: settings.Campaigns) -> list[_Rate]:
    """What the office has limited by itself: an hour's campaigns on a channel, and what is written to customers of cases by
    hand."""
    client = str(one.client_id)
    if one.campaign_id is not None:
        hourly = {
            "email": in_force.email_rate_limit,
            "sms": in_force.sms_rate_limit,
            "whatsapp": in_force.whatsapp_rate_limit,
        }.get(one.channel)
        sentence = f"Campaigns may send {hourly} messages an hour by {one.channel} (Settings, Campaigns)."
        return [_Rate(f"{hourly}/hour", ("campaigns", client, one.channel), sentence)] if hourly else []
    if one.case_id is None or one.sent_by is None:
        return []
    cases = await settings.get(session, one.client_id, settings.Renewals)
    day, minute = cases.daily_message_limit, cases.message_rate_limit
    return [
        _Rate(
            f"{day}/day",
            ("quick", client),
            f"{day} messages within 24 hours may be written from cases (Settings, Renewals).",
        ),
        _Rate(
            f"{minute}/minute",
            ("quick", client),
            f"{minute} messages a minute may be written from cases (Settings, Renewals).",
        ),
    ]


async def pace(
    session: AsyncSession,
    account: ProviderAccount,
    one: Outgoing,
    in_force: settings.Campaigns,
    wanted: int,
    now: datetime,
) -> tuple[int, str, str, datetime]:
    """How many of the wanted messages may leave now, and why and until when the others wait. `one` stands for a batch, which
    is all of one kind."""
    allowed, sentence, until = await _quota(session, account, wanted, now)
    reason = "quota"
    rates = await _office(session, one, in_force)
    if account.rate_limit is not None:
        sentence_of_account = (
            f"“{account.name}” sends {account.rate_limit} messages a minute: the limit of this account, which you can change under"
            " Settings, Providers."
        )
        rates.append(_Rate(f"{account.rate_limit}/minute", ("provider", str(account.id)), sentence_of_account))
    limits = resources.current().limits
    # First what each limit has room for, then all are charged alike: no limit is charged for what another one keeps back.
    for each in rates if allowed else ():
        room, seconds = await limits.room(each.rate, *each.key)
        if room < allowed:
            allowed, reason, sentence = room, "rate_limited", each.sentence
            until = now + max(RATE_RETRY, timedelta(seconds=seconds))
    for each in rates if allowed else ():
        taken, seconds = await limits.take(each.rate, *each.key, wanted=allowed)
        if taken < allowed:  # another process was faster
            allowed, reason, sentence = taken, "rate_limited", each.sentence
            until = now + max(RATE_RETRY, timedelta(seconds=seconds))
    return allowed, reason, sentence, until


async def _quota(
    session: AsyncSession, account: ProviderAccount, wanted: int, now: datetime
) -> tuple[int, str, datetime]:
    if not wanted or (account.daily_limit is None and account.monthly_limit is None):
        return wanted, "", now
    local = now.astimezone(INDIA)
    today = local.replace(hour=0, minute=0, second=0, microsecond=0)
    month = today.replace(day=1)
    # two admissions at once take turns here, so that together they cannot pass the quota
    await db.execute(session, "select pg_advisory_xact_lock(361, %(id)s)", {"id": account.id})
    used = await db.fetch_only(session, _Used, _USED, {"id": account.id, "today": today, "month": month})
    left_today = (account.daily_limit or wanted + used.day) - used.day
    left_month = (account.monthly_limit or wanted + used.month) - used.month
    if left_month < left_today:
        until = (month + timedelta(days=32)).replace(day=1)
        return (
            max(0, min(wanted, left_month)),
            f"The quota of “{account.name}”, {account.monthly_limit} messages a month, is used up.",
            until,
        )
    until = today + timedelta(days=1)
    return (
        max(0, min(wanted, left_today)),
        f"The quota of “{account.name}”, {account.daily_limit} messages a day, is used up.",
        until,
    )
