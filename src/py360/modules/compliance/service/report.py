"""Compliance reports: what was sent, what the registry stopped, and what went out in spite of it (domain reference, 15)."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources, sql
from py360.kit.caller import Caller
from py360.kit.clock import day_begins, day_ends
from py360.kit.errors import Conflict, Invalid
from py360.modules.compliance.schemas import ReportIn
from py360.modules.compliance.service import entries
from py360.modules.compliance.views import ComplianceReportView
from py360.modules.settings import api as settings

MAX_DAYS: Final = 366
APRIL: Final = 4
_COUNT: Final = sql.read(__file__, "count_compliance")
_INSERT: Final = """
insert into dnc_compliance_reports (client_id, report_type, period_start, period_end, total_sent, total_blocked,
  overrides_requested, overrides_approved, compliance_score, report_data, generated_by)
values (%(client)s, %(type)s, %(first)s, %(last)s, %(sent)s, %(blocked)s, %(requested)s, %(approved)s, %(score)s, %(data)s, %(user)s)
returning id
"""


@dataclass(frozen=True, slots=True)
class Counted:
    """The figures of a period; `violations` went to a contact of the registry without an approved override."""

    sent: int
    blocked: int
    requested: int
    approved: int
    violations: int

    @property
    def score(self) -> Decimal | None:
        """(attempts - violations) / attempts x 100; none where nothing was attempted."""
        attempts = self.sent + self.blocked
        return (Decimal(100) * (attempts - self.violations) / attempts).quantize(Decimal("0.01")) if attempts else None


@dataclass(frozen=True, slots=True)
class Report:
    """A report that was made."""

    id: int
    client_id: int
    report_type: str
    first: date
    last: date
    counted: Counted

    @property
    def violations(self) -> int:
        """Messages that should not have left."""
        return self.counted.violations

    def to_public(self) -> ComplianceReportView:
        """The report as the API answers it."""
        return {
            "id": self.id,
            "clientId": self.client_id,
            "reportType": self.report_type,
            "periodStart": self.first,
            "periodEnd": self.last,
            "totalSent": self.counted.sent,
            "totalBlocked": self.counted.blocked,
            "overridesRequested": self.counted.requested,
            "overridesApproved": self.counted.approved,
            "violations": self.counted.violations,
            "complianceScore": self.counted.score,
            "createdAt": resources.current().clock.now(),
        }


async def make(session: AsyncSession, caller: Caller, asked: ReportIn) -> Report:
    """Count a period and keep the report. Raises Conflict where reports are switched off, Invalid for a period that is none."""
    client_id = await entries.client_of(session, caller, asked.client_id)
    if not (await settings.get(session, client_id, settings.Dnc)).compliance_reporting:
        raise Conflict(
            "Compliance reports are switched off in the settings of the registry.", code="reports_switched_off"
        )
    first, last = period(asked, resources.current().clock.today())
    params: dict[str, object] = {"client": client_id, "since": day_begins(first), "until": day_ends(last)}
    counted = await db.fetch_only(session, Counted, _COUNT, params)
    values = {
        "client": client_id, "type": asked.report_type, "first": first, "last": last, "sent": counted.sent,
        "blocked": counted.blocked, "requested": counted.requested, "approved": counted.approved, "score": counted.score,
        "data": orjson.dumps({"violations": counted.violations}).decode(), "user": caller.user_id,
    }  # fmt: skip
    number = await db.fetch_only(session, int, _INSERT, values)
    return Report(number, client_id, asked.report_type, first, last, counted)


def period(asked: ReportIn, today: date) -> tuple[date, date]:
    """The first and the last day: the month, quarter or financial year that `periodStart` (else today) is in, or the days given."""
    day = asked.period_start or today
    if asked.report_type == "custom":
        if asked.period_start is None or asked.period_end is None:
            field = "periodStart" if asked.period_start is None else "periodEnd"
            raise Invalid(
                "A report on a period of your own needs its first and last day.",
                details=[{"field": field, "message": "required"}],
            )
        if not asked.period_start <= asked.period_end <= asked.period_start + timedelta(days=MAX_DAYS - 1):
            message = f"not before periodStart, and at most {MAX_DAYS} days in all"
            raise Invalid("These days are no period.", details=[{"field": "periodEnd", "message": message}])
        return asked.period_start, asked.period_end
    if asked.report_type == "annual":
        year = day.year if day.month >= APRIL else day.year - 1
        return date(year, APRIL, 1), date(year + 1, APRIL, 1) - timedelta(days=1)
    months = 3 if asked.report_type == "quarterly" else 1
    first = day.replace(month=(day.month - 1) // months * months + 1, day=1)
    number = first.year * 12 + first.month - 1 + months
    return first, date(number // 12, number % 12 + 1, 1) - timedelta(days=1)
