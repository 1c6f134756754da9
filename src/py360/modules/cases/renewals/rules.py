"""How an office lets dates work: lead days per product, days of grace, days of reinstatement."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from psycopg.types.json import Jsonb
from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import TypedDict

from py360.kit import db, resources
from py360.kit.caller import Caller
from py360.kit.errors import Invalid, PreconditionFailed
from py360.kit.reads import Reads
from py360.modules.cases.renewals.scheduler import DEFAULT_LEAD_DAYS
from py360.modules.cases.schemas import RenewalRulesIn
from py360.modules.cases.service.assign import FIRST_CONTACT_HOURS
from py360.modules.cases.service.lifecycle import REINSTATEMENT_DAYS
from py360.modules.customers import api as customers

_RULES: Final = """
select default_lead_days, lead_days, reinstatement_days, first_contact_hours, version, updated_at from renewal_rules where client_id = %(client)s
"""
_SAVE: Final = """
insert into renewal_rules (client_id, default_lead_days, lead_days, reinstatement_days, first_contact_hours, version, updated_by,
  updated_at)
values (%(client)s, %(lead)s, %(products)s, %(reinstatement)s, %(hours)s, %(version)s, %(user)s, %(now)s)
on conflict (client_id) do update set default_lead_days = excluded.default_lead_days, lead_days = excluded.lead_days,
  reinstatement_days = excluded.reinstatement_days, first_contact_hours = excluded.first_contact_hours, version = excluded.version, updated_by = excluded.updated_by,
  updated_at = excluded.updated_at
"""


class LeadDaysView(TypedDict):
    """How long before the due date the case of a product is opened."""

    product: str
    days: int


class GraceView(TypedDict):
    """The days of grace of a line paid at a frequency."""

    line: str
    paymentFrequency: str
    days: int


class RenewalRulesView(TypedDict):
    """How dates work for a client. What no row names has 60 lead days (or `defaultLeadDays`) and `usualGraceDays`."""

    defaultLeadDays: int
    leadDays: list[LeadDaysView]
    gracePeriods: list[GraceView]
    usualGraceDays: int
    healthMonthlyGraceDays: int
    reinstatementDays: int
    firstContactHours: dict[str, int]
    version: int
    updatedAt: datetime | None


@dataclass(frozen=True, slots=True)
class RenewalRules:
    """The stored row of a client, or the defaults."""

    default_lead_days: int = DEFAULT_LEAD_DAYS
    lead_days: Mapping[str, int] = field(default_factory=dict)
    reinstatement_days: int = REINSTATEMENT_DAYS
    first_contact_hours: Mapping[str, int] = field(default_factory=lambda: FIRST_CONTACT_HOURS)
    version: int = 0
    updated_at: datetime | None = None


async def renewal_rules(reads: Reads, client_id: int) -> RenewalRulesView:
    """The client's rules."""
    rules = await reads.fetch_one(RenewalRules, _RULES, {"client": client_id}) or RenewalRules()
    periods = await customers.grace_periods(reads, client_id)
    return {
        "defaultLeadDays": rules.default_lead_days,
        "leadDays": [{"product": product, "days": days} for product, days in sorted(rules.lead_days.items())],
        "gracePeriods": [
            {"line": each.line, "paymentFrequency": each.payment_frequency, "days": each.days} for each in periods
        ],
        "usualGraceDays": customers.USUAL_GRACE_DAYS,
        "healthMonthlyGraceDays": customers.HEALTH_MONTHLY_GRACE_DAYS,
        "reinstatementDays": rules.reinstatement_days,
        "firstContactHours": dict(rules.first_contact_hours),
        "version": rules.version,
        "updatedAt": rules.updated_at,
    }


async def change_rules(session: AsyncSession, caller: Caller, body: RenewalRulesIn, if_match: int | None) -> int:
    """Replace the rules of the caller's client; how many policies have other days of grace now.

    Raises PreconditionFailed, and Invalid for a product or a line with frequency that is named twice.
    """
    client_id = caller.client_id
    await db.execute(session, "select pg_advisory_xact_lock(364, %(client)s::int)", {"client": client_id})
    rules = await db.fetch_one(session, RenewalRules, _RULES, {"client": client_id}) or RenewalRules()
    wanted = if_match if if_match is not None else body.version
    if wanted is not None and wanted != rules.version:
        raise PreconditionFailed
    lead_days = {each.product.lower(): each.days for each in body.lead_days}
    periods = [
        customers.GracePeriod(each.line.lower(), each.payment_frequency, each.days) for each in body.grace_periods
    ]
    if len(lead_days) < len(body.lead_days):
        raise _twice("leadDays", "a product")
    if len({(each.line, each.payment_frequency) for each in periods}) < len(periods):
        raise _twice("gracePeriods", "a line with this frequency")
    params = {
        "client": client_id,
        "lead": body.default_lead_days,
        "products": Jsonb(lead_days),
        "reinstatement": body.reinstatement_days,
        "hours": Jsonb(body.first_contact_hours.model_dump()),
        "version": rules.version + 1,
        "user": caller.user_id,
        "now": resources.current().clock.now(),
    }
    await db.execute(session, _SAVE, params)
    return await customers.set_grace_periods(session, client_id, periods)


def _twice(name: str, what: str) -> Invalid:
    return Invalid(
        f"{what.capitalize()} is named twice.",
        code="named_twice",
        details=[{"field": name, "message": f"{what} may be listed once"}],
    )
