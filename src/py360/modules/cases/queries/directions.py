"""The directions of terms, newest first."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

from py360.kit.caller import Caller, reach_filter
from py360.kit.listing import Listing, containing, ordering
from py360.modules.cases.views import DirectionView

_DIRECTIONS: Final = """
select d.id, p.policy_number, u.full_name as customer_name, d.due_date, d.direction, d.reason, o.name as owner,
  d.owner_id, m.name as created_by, d.created_at, d.ended_at, d.ended_reason, c.case_number
from renewal_directions d
join policies p on p.id = d.policy_id
join customers u on u.id = p.customer_id
left join renewal_cases c on c.policy_id = d.policy_id and c.due_date = d.due_date
left join identity_public_users o on o.id = d.owner_id
left join identity_public_users m on m.id = d.created_by
"""


@dataclass(frozen=True, slots=True)
class DirectionRow:
    """A direction with its policy and people."""

    id: int
    policy_number: str
    customer_name: str
    due_date: date
    direction: str
    reason: str
    owner: str | None
    owner_id: int | None
    created_by: str | None
    created_at: datetime
    ended_at: datetime | None
    ended_reason: str | None
    case_number: str | None

    def to_public(self) -> DirectionView:
        """The direction as the API answers it."""
        return {
            "id": self.id,
            "policyNumber": self.policy_number,
            "customerName": self.customer_name,
            "dueDate": self.due_date,
            "direction": self.direction,
            "reason": self.reason,
            "ownerId": self.owner_id,
            "owner": self.owner,
            "createdBy": self.created_by,
            "createdAt": self.created_at,
            "active": self.ended_at is None,
            "endedAt": self.ended_at,
            "endedReason": self.ended_reason,
            "caseId": self.case_number,
        }


def directions(
    caller: Caller,
    direction: Literal["do_not_renew", "refer", "not_taken"] | None,
    active: bool | None,
    search: str | None,
    sort: str | None,
) -> Listing[DirectionRow]:
    """The directions of policies within the caller's reach; `search` takes a piece of the policy number or the reason."""
    within, params = reach_filter(caller, "k")
    reached = (
        "true"
        if caller.reach == "all"
        else (f"exists (select from renewal_cases k where k.policy_id = d.policy_id and {within})")
    )
    known = {
        "createdAt": "d.id",
        "dueDate": "d.due_date",
        "policyNumber": "p.policy_number",
        "direction": "d.direction",
    }
    return Listing(
        "directions",
        _DIRECTIONS,
        f"d.client_id = any(%(reach_clients)s) and {reached}"
        " and (%(direction)s::text is null or d.direction = %(direction)s)"
        " and (%(active)s::boolean is null or (d.ended_at is null) = %(active)s)"
        " and (%(search)s::text is null or p.policy_number ilike %(search)s or d.reason ilike %(search)s)",
        ordering(sort, known, "-createdAt", "d.id"),
        {**params, "direction": direction, "active": active, "search": containing(search)},
        DirectionRow.to_public,
        (
            "id",
            "policyNumber",
            "customerName",
            "dueDate",
            "direction",
            "reason",
            "owner",
            "createdBy",
            "createdAt",
            "endedAt",
        ),
        row=DirectionRow,
    )
