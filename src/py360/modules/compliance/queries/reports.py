"""The compliance reports that were made."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from py360.kit.caller import Caller
from py360.kit.listing import Listing, ordering
from py360.modules.compliance.views import ComplianceReportView

_REPORTS: Final = """
select id, client_id, report_type, period_start, period_end, total_sent, total_blocked, overrides_requested, overrides_approved,
  coalesce((report_data ->> 'violations')::integer, 0) as violations, compliance_score, created_at
from dnc_compliance_reports
"""


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A report as it was made."""

    id: int
    client_id: int
    report_type: str
    period_start: date
    period_end: date
    total_sent: int
    total_blocked: int
    overrides_requested: int
    overrides_approved: int
    violations: int
    compliance_score: Decimal | None
    created_at: datetime

    def to_public(self) -> ComplianceReportView:
        """The report as the API answers it."""
        return {
            "id": self.id,
            "clientId": self.client_id,
            "reportType": self.report_type,
            "periodStart": self.period_start,
            "periodEnd": self.period_end,
            "totalSent": self.total_sent,
            "totalBlocked": self.total_blocked,
            "overridesRequested": self.overrides_requested,
            "overridesApproved": self.overrides_approved,
            "violations": self.violations,
            "complianceScore": self.compliance_score,
            "createdAt": self.created_at,
        }


def reports(caller: Caller, sort: str | None) -> Listing[ReportRow]:
    """The reports of the caller's clients."""
    return Listing(
        "reports",
        _REPORTS,
        "client_id = any(%(clients)s)",
        ordering(sort, {"id": "id", "createdAt": "id", "periodStart": "period_start"}, "-id", "id"),
        {"clients": list(caller.client_ids)},
        ReportRow.to_public,
        (
            "reportType", "periodStart", "periodEnd", "totalSent", "totalBlocked", "overridesRequested", "overridesApproved",
            "violations", "complianceScore", "createdAt",
        ),
        row=ReportRow,
        file_name="dnc_compliance_reports",
    )  # fmt: skip
