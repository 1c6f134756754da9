"""The recipients of a campaign: decided once, in one statement per channel, from the cases within the creator's reach."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources, sql
from py360.kit.caller import Caller, reach_filter
from py360.kit.reads import Reads
from py360.modules.campaigns.schemas import AudienceFilter
from py360.modules.settings import api as settings
from py360.modules.templates import api as templates

# Campaigns that a paid case needs no more; a welcome or an offer may still go to its customer.
REMINDERS: Final = frozenset({"renewal", "payment"})
DUE: Final = {"all": "true", "pending": "c.due_date >= %(today)s", "expired": "c.due_date < %(today)s"}
AT_RISK: Final = """exists (
  select from recommendations_public_prediction r where r.case_id = c.id and r.lapse_chance >= 1 - %(max_renewal_probability)s)"""
CONTACT: Final = {"email": "k.email", "sms": "k.phone", "whatsapp": "k.phone"}

_COUNT_AUDIENCE: Final = sql.read(__file__, "count_audience")
_SIZE: Final = """
select count(*) as cases, count({contact}) as contacts, {distinct} as recipients
from cases_public_case c join customers_public_contact k on k.id = c.customer_id where {where}
"""
_FREEZE: Final = """
insert into campaign_recipients (campaign_id, customer_id, case_id, contact)
select {once} %(campaign)s, c.customer_id, c.id, {contact}
from cases_public_case c join customers_public_contact k on k.id = c.customer_id
where {where} and {contact} is not null {order}
"""

Params = dict[str, object]


@dataclass(frozen=True, slots=True)
class Audience:
    """Who gets a campaign: the accepted rows of an upload, or the open cases that a filter finds."""

    upload_id: int | None
    wanted: str | AudienceFilter
    today: date
    unpaid_only: bool = True


@dataclass(frozen=True, slots=True)
class Planned:
    """The size of a channel's plan. `cases` is the audience before contacts and duplicates were looked at."""

    cases: int
    recipients: int
    without_contact: int
    duplicates_removed: int


@dataclass(frozen=True, slots=True)
class AudienceCount:
    """How many cases an audience has, how many with a contact, and how many recipients these come to."""

    cases: int
    contacts: int
    recipients: int


def is_promotional(purpose: str, template: templates.Template | None) -> bool:
    """Whether promotional rules hold, once per contact and only with an opt-in: the stricter of campaign and template decides."""
    return purpose == "promotional" or (template is not None and template.purpose == "promotional")


def predicate(caller: Caller, client_id: int, audience: Audience) -> tuple[str, Params]:
    """The condition on `cases_public_case c` that finds an audience within the caller's reach, and its parameters."""
    reach, reach_params = reach_filter(caller)
    parts = [reach, "c.client_id = %(client)s", "c.is_open"]
    if audience.unpaid_only:
        parts.append("c.status <> 'payment_processed'")
    params: Params = {**reach_params, "client": client_id, "today": audience.today}
    if audience.upload_id is not None:
        parts.append(
            "c.id in (select case_id from uploads_public_row where upload_id = %(upload)s and outcome <> 'failed')"
        )
        params["upload"] = audience.upload_id
    wanted = audience.wanted
    if isinstance(wanted, str):
        parts.append(DUE[wanted])
    else:
        for condition, name, value in (
            ("c.status = any(%(status)s)", "status", wanted.statuses),
            ("c.policy_type = any(%(policy_type)s)", "policy_type", wanted.policy_types),
            ("c.due_date >= %(due_from)s", "due_from", wanted.due_from),
            ("c.due_date <= %(due_to)s", "due_to", wanted.due_to),
            (AT_RISK, "max_renewal_probability", wanted.max_renewal_probability),
        ):
            if value:
                parts.append(condition)
                params[name] = value
    return " and ".join(f"({part})" for part in parts), params


@dataclass(frozen=True, slots=True)
class JudgedAudience:
    """An audience's sizes, and how many of its recipients the send gate would refuse now, each under one reason."""

    cases: int
    contacts: int
    recipients: int
    opted_out: int
    no_opt_in: int
    suppressed: int
    dnc: int
    death_claim: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """A channel's plan as it would be, and how many of its recipients would be skipped now, by the reasons of the send gate."""

    planned: Planned
    skipped: Mapping[str, int]

    @property
    def sendable(self) -> int:
        """How many recipients would be written to."""
        return self.planned.recipients - sum(self.skipped.values())


async def size(
    session: AsyncSession, caller: Caller, client_id: int, channel: str, audience: Audience, *, once_per_contact: bool
) -> Planned:
    """The size of what `freeze` would plan, without planning anything."""
    where, params = predicate(caller, client_id, audience)
    contact = CONTACT[channel]
    distinct = f"count(distinct {contact})" if once_per_contact else f"count({contact})"
    statement = _SIZE.format(contact=contact, distinct=distinct, where=where)
    found = await db.fetch_only(session, AudienceCount, statement, params)
    return Planned(found.cases, found.recipients, found.cases - found.contacts, found.contacts - found.recipients)


async def forecast(
    reads: Reads, caller: Caller, client_id: int, channel: str, audience: Audience, *, promotional: bool
) -> Forecast:
    """The size of what `freeze` would plan, and how many of it the send gate would refuse now: one statement, at most a few at once.

    What depends on the hour of sending is not foreseen: legal hours, the frequency cap, the budget, and payments until then.
    """
    where, params = predicate(caller, client_id, audience)
    contact, clock = CONTACT[channel], resources.current().clock
    in_force = await settings.get(reads, client_id, settings.Campaigns)
    # Promotional messages go once to a contact, for its first case, as `freeze` plans them.
    first = f"row_number() over (partition by {contact} order by c.id) = 1" if promotional else "true"
    statement = _COUNT_AUDIENCE.format(where=where, contact=contact, first=first)
    asked: Params = {
        "channel": channel,
        "purposes": ["service", "promotional"] if promotional else ["service"],
        "needs_opt_in": promotional and in_force.opt_in_required,
        "now": clock.now(),
    }
    async with reads.searches:
        found = await reads.fetch_only(JudgedAudience, statement, params | asked)
    planned = Planned(found.cases, found.recipients, found.cases - found.contacts, found.contacts - found.recipients)
    reasons = {
        "opted_out": found.opted_out,
        "no_opt_in": found.no_opt_in,
        "suppressed": found.suppressed,
        "dnc": found.dnc,
        "death_claim": found.death_claim,
    }
    return Forecast(planned, {reason: count for reason, count in reasons.items() if count})


async def freeze(
    session: AsyncSession,
    caller: Caller,
    client_id: int,
    campaign_id: int,
    channel: str,
    audience: Audience,
    *,
    once_per_contact: bool,
) -> Planned:
    """Write the recipients of one channel. One per case; promotional messages one per contact.

    The plan never grows afterwards. A million recipients are one statement.
    """
    found = await size(session, caller, client_id, channel, audience, once_per_contact=once_per_contact)
    where, params = predicate(caller, client_id, audience)
    contact = CONTACT[channel]
    once = f"distinct on ({contact})" if once_per_contact else ""
    order = f"order by {contact}, c.id" if once_per_contact else ""
    statement = _FREEZE.format(once=once, contact=contact, where=where, order=order)
    async with db.trusted(session):  # every case and customer is read in this very statement
        planned = await db.execute(session, statement, params | {"campaign": campaign_id})
    return Planned(found.cases, planned, found.without_contact, found.cases - found.without_contact - planned)
