"""Finding customers who may be the same person."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from py360.kit import sql
from py360.kit.caller import Caller
from py360.kit.free_json import FreeJson
from py360.kit.reads import Reads
from py360.modules.customers.duplicates.views import DuplicatesView, DuplicateView, MergeView
from py360.modules.customers.queries import Customer, customers_within

_FIND: Final = sql.read(__file__, "find_duplicates")
_MERGES: Final = """
select m.id, k.customer_code as kept_code, o.customer_code as merged_code, o.full_name as merged_name,
  cardinality(m.policy_ids) as policies, m.filled, m.reason, u.name as merged_by, m.merged_at, m.undone_at
from customer_merges m join customers k on k.id = m.kept_id join customers o on o.id = m.merged_id
left join identity_public_users u on u.id = m.merged_by
where m.kept_id = %(id)s order by m.id desc limit 100
"""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A customer who may be the same person as another."""

    id: int
    customer_code: str
    full_name: str
    email: str | None
    phone: str | None
    pan: str | None
    date_of_birth: date | None
    created_at: datetime
    same_pan: bool
    same_phone: bool
    same_email: bool
    same_birth: bool
    same_pincode: bool
    similarity: Decimal
    policies: int

    def to_public(self) -> DuplicateView:
        """The duplicate as the API answers it. Half of the score is the name, or the PAN; phone, e-mail and birth make up the rest."""
        reasons = {
            "pan": self.same_pan,
            "phone": self.same_phone,
            "email": self.same_email,
            "dateOfBirth": self.same_birth,
            "pincode": self.same_pincode,
            "name": self.similarity >= Decimal("0.6"),
        }
        score = (
            50 * float(self.similarity)
            + 50 * self.same_pan
            + 20 * self.same_phone
            + 15 * self.same_email
            + 15 * self.same_birth
        )
        return {
            "customerId": self.customer_code,
            "name": self.full_name,
            "email": self.email,
            "phone": self.phone,
            "dateOfBirth": self.date_of_birth,
            "policies": self.policies,
            "score": min(round(score), 100),
            "reasons": [name for name, holds in reasons.items() if holds],
        }


@dataclass(frozen=True, slots=True)
class Merge:
    """A merge into a customer."""

    id: int
    kept_code: str
    merged_code: str
    merged_name: str
    policies: int
    filled: FreeJson
    reason: str | None
    merged_by: str | None
    merged_at: datetime
    undone_at: datetime | None

    def to_public(self) -> MergeView:
        """The merge as the API answers it."""
        return {
            "mergeId": self.id,
            "keptId": self.kept_code,
            "mergedId": self.merged_code,
            "mergedName": self.merged_name,
            "policies": self.policies,
            "filled": sorted(self.filled),
            "reason": self.reason,
            "mergedBy": self.merged_by,
            "mergedAt": self.merged_at,
            "undoneAt": self.undone_at,
            "canBeUndone": self.undone_at is None,
        }


async def find(reads: Reads, caller: Caller, customer: Customer) -> DuplicatesView:
    """Who may be the same person as a customer, both within the caller's reach, the surest first; and past merges."""
    within, params = customers_within(caller)
    found = await reads.fetch_all(Duplicate, _FIND.replace("{within}", within), {**params, "id": customer.id})
    merges = await reads.fetch_all(Merge, _MERGES, {"id": customer.id})
    return {
        "customerId": customer.customer_code,
        "duplicates": [each.to_public() for each in found],
        "merges": [each.to_public() for each in merges],
    }
