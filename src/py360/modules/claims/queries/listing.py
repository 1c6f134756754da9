"""The list of claims: filters, sorting, search."""

from datetime import date, datetime
from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field, StringConstraints

from py360.kit.caller import Caller, reach_filter
from py360.kit.errors import Invalid
from py360.kit.listing import Listing, comma_list, containing, ordering
from py360.kit.wire import QuerySchema
from py360.modules.claims.queries import rows
from py360.modules.claims.statuses import LABELS, OF_SCREEN, OTHER_TYPE_NAMES, TYPE_WORDS

Words = Annotated[str, StringConstraints(max_length=200)]

SORTS: Final = {
    "id": "c.id",
    "createdAt": "c.id",
    "claimNumber": "c.claim_number",
    "claimAmount": "c.claim_amount",
    "reportedDate": "c.reported_date",
    "incidentDate": "c.incident_date",
    "status": "c.status",
    "priority": "array_position(array['urgent', 'high', 'medium', 'low'], c.priority)",
    "customerName": "lower(u.full_name)",
    "clockDueAt": "clock.due_at nulls last",
}
COLUMNS: Final = (
    "claimNumber", "policyNumber", "customerName", "type", "category", "title", "statusLabel", "priority", "claimAmount",
    "approvedAmount", "rejectedAmount", "settlementAmount", "reserveAmount", "incidentDate", "reportedDate",
    "assignedAdjuster", "clockState", "clockDueAt", "approvalPending", "isCashless", "source", "createdAt",
)  # fmt: skip


class Filters(QuerySchema):
    """Which claims. `status` takes several, and pending, approved (settled, too) and open of the screens; `clock` those whose
    period is nearly over or over; the reported dates include both days."""

    model_config = ConfigDict(frozen=True)

    status: Words | None = None
    type: Words | None = None
    priority: Words | None = None
    assigned_to: Annotated[int | None, Field(description="0: nobody")] = None
    policy_id: int | None = None
    customer_id: Words | None = None
    starred: bool | None = None
    clock: Literal["warning", "breached"] | None = None
    approval: Literal["pending"] | None = None
    source: Literal["staff", "customer"] | None = None
    reported_from: date | None = None
    reported_to: date | None = None
    search: Annotated[Words | None, Field(description="A piece of the number, title, customer or policy number")] = None

    def where(self, caller: Caller, now: datetime) -> tuple[str, dict[str, object]]:
        """The predicate on the claims, which starts from the caller's reach, and its parameters."""
        within, reach = reach_filter(caller)
        where, params = [within], dict[str, object](reach) | {"now": now}
        for condition, name, value in (
            ("c.status = any(%(status)s)", "status", statuses(self.status)),
            ("c.claim_type = any(%(types)s)", "types", types(self.type)),
            ("c.priority = any(%(priorities)s)", "priorities", comma_list(self.priority) or None),
            ("c.policy_id = %(policy)s", "policy", self.policy_id),
            ("u.customer_code = %(customer)s", "customer", self.customer_id),
            ("c.starred = %(starred)s", "starred", self.starred),
            ("c.source = %(source)s", "source", self.source),
            ("c.reported_date >= %(from)s", "from", self.reported_from),
            ("c.reported_date <= %(to)s", "to", self.reported_to),
            (
                "(c.claim_number ilike %(like)s or c.title ilike %(like)s or u.full_name ilike %(like)s"
                " or p.policy_number ilike %(like)s)",
                "like",
                containing(self.search),
            ),
        ):
            if value is not None:
                where.append(condition)
                params[name] = value
        if self.assigned_to is not None:
            where.append("c.assigned_to = %(handler)s" if self.assigned_to else "c.assigned_to is null")
            params["handler"] = self.assigned_to
        if self.clock:
            where.append("clock.due_at <= %(now)s" if self.clock == "breached" else "clock.warn_at <= %(now)s")
        if self.approval:
            where.append("exists (select from claim_approvals w where w.claim_id = c.id and w.outcome is null)")
        return " and ".join(where), params


def statuses(text: str | None) -> list[str] | None:
    """The codes of a status filter; None without one. Raises Invalid for an unknown word."""
    if not (words := comma_list(text)):
        return None
    found: list[str] = []
    for word in words:
        code = word.lower().replace(" ", "_").replace("-", "_")
        found += OF_SCREEN.get(code, (code,))
    return _check("status", found, [*LABELS, *OF_SCREEN])


def types(text: str | None) -> list[str] | None:
    """The codes of a filter by type; None without one. Raises Invalid for an unknown word."""
    if not (words := comma_list(text)):
        return None
    codes = [OTHER_TYPE_NAMES.get(word.lower(), word.lower()) for word in words]
    return _check("type", codes, list(TYPE_WORDS))


def _check(field: str, codes: list[str], known: list[str]) -> list[str]:
    if unknown := [code for code in codes if code not in known]:
        raise Invalid(
            f"“{unknown[0][:60]}” is not a {field} of claims.",
            code=f"unknown_{field}",
            details=[{"field": field, "message": "one of " + ", ".join(known)}],
        )
    return codes


def claims(caller: Caller, chosen: Filters, sort: str | None, now: datetime) -> Listing[rows.ClaimRow]:
    """Claims within reach."""
    where, params = chosen.where(caller, now)
    return Listing(
        "claims",
        rows.COLUMNS + rows.TABLES,
        where,
        ordering(sort, SORTS, "-createdAt", "c.id"),
        params,
        lambda row: rows.to_public(row, now),
        COLUMNS,
        row=rows.ClaimRow,
    )
