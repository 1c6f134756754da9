"""Finding records by a piece of a name or a number, by a whole code, phone number or e-mail address.

Each kind is one statement that starts from an index (trigrams of names and policy numbers, or a key) and from the caller's reach:
customers and policies are within reach when a case of theirs is. Of a name that thousands have, the first `MOST` are looked
through, and `more` says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from py360.kit import ids
from py360.kit.caller import Caller, reach_filter
from py360.kit.listing import containing
from py360.kit.reads import Reads
from py360.modules.search.views import GroupView, HitView, Kind, SearchView

MOST: Final = 2_000
# The page's permissions of each kind (domain reference, 3.5); a caller with none of them does not see the kind.
PAGES: Final[Mapping[Kind, Sequence[str]]] = {
    "customer": ("cases", "closed-cases", "policy-timeline"),
    "case": ("cases", "closed-cases"),
    "policy": ("cases", "closed-cases", "policy-timeline"),
    "claim": ("claims",),
    "campaign": ("campaigns",),
}
_NAMED: Final = """
select k.id from customers_public_contact k
where k.client_id = any(%(reach_clients)s) and lower(k.full_name) like lower(%(like)s) limit %(most)s
"""
_NUMBERED: Final = """
select p.id from customers_public_policy p
where p.client_id = any(%(reach_clients)s) and lower(p.policy_number) like lower(%(like)s) limit %(most)s
"""
_CUSTOMERS: Final = f"""
with found as (
  ({_NAMED})
  union select k.id from customers_public_contact k where k.client_id = any(%(reach_clients)s) and k.customer_code = upper(%(text)s)
  union select k.id from customers_public_contact k where k.client_id = any(%(reach_clients)s) and k.phone = %(phone)s
  union select k.id from customers_public_contact k where k.client_id = any(%(reach_clients)s) and k.email = lower(%(text)s)
)
select k.customer_code as id, k.full_name as title, concat_ws(', ', k.phone, k.email) as details, null::text as status
from found join customers_public_contact k on k.id = found.id
where {{customers}} order by lower(k.full_name), k.id limit %(limit)s
"""
_CASES: Final = f"""
with people as materialized ({_NAMED}), numbers as materialized ({_NUMBERED}), found as (
  select c.id from people join cases_public_case c on c.customer_id = people.id where {{reach}}
  union select c.id from numbers join cases_public_case c on c.policy_id = numbers.id where {{reach}}
  union select c.id from cases_public_case c where c.id = %(case)s and {{reach}}
)
select c.case_number as id, k.full_name as title, concat_ws(', ', c.policy_number, to_char(c.due_date, 'DD/MM/YYYY')) as details,
  c.status
from found join cases_public_case c on c.id = found.id join customers_public_contact k on k.id = c.customer_id
order by c.is_open desc, c.due_date desc, c.id limit %(limit)s
"""
_POLICIES: Final = f"""
with numbers as materialized ({_NUMBERED})
select p.policy_number as id, p.policy_number as title, concat_ws(', ', k.full_name, p.policy_type) as details, p.status
from numbers join customers_public_policy p on p.id = numbers.id join customers_public_contact k on k.id = p.customer_id
where {{policies}} order by p.policy_number, p.id limit %(limit)s
"""
_CLAIMS: Final = f"""
with people as materialized ({_NAMED}), numbers as materialized ({_NUMBERED}), found as (
  select c.id from people join claims_public_claim c on c.customer_id = people.id where {{reach}}
  union select c.id from numbers join claims_public_claim c on c.policy_id = numbers.id where {{reach}}
  union select c.id from claims_public_claim c where c.claim_number = upper(%(text)s) and {{reach}}
)
select c.claim_number as id, k.full_name as title, concat_ws(', ', c.title, to_char(c.incident_date, 'DD/MM/YYYY')) as details,
  c.status
from found join claims_public_claim c on c.id = found.id join customers_public_contact k on k.id = c.customer_id
order by c.id desc limit %(limit)s
"""
_CAMPAIGNS: Final = """
select 'campaign-' || m.id as id, m.name as title, to_char(m.created_at at time zone 'Asia/Kolkata', 'DD/MM/YYYY') as details, m.status
from campaigns_public_campaign m
where m.client_id = any(%(reach_clients)s) and (m.name ilike %(like)s or m.id = %(campaign)s)
order by m.id desc limit %(limit)s
"""
STATEMENTS: Final[Mapping[Kind, str]] = {
    "customer": _CUSTOMERS, "case": _CASES, "policy": _POLICIES, "claim": _CLAIMS, "campaign": _CAMPAIGNS,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hit:
    """A row that was found."""

    id: str
    title: str
    details: str
    status: str | None

    def to_public(self) -> HitView:
        """The row as the API answers it."""
        return {"id": self.id, "title": self.title, "details": self.details, "status": self.status}


async def search(reads: Reads, caller: Caller, text: str, kinds: Sequence[Kind], limit: int) -> SearchView:
    """Search these kinds, as far as the caller may see them; at most `limit` of each."""
    reach, params = reach_filter(caller, "c")
    within, _ = reach_filter(caller, "h")
    if caller.reach == "all":
        customers = policies = "true"
    else:
        customers = f"exists (select from cases_public_case h where h.customer_id = k.id and {within})"
        policies = f"exists (select from cases_public_case h where h.policy_id = p.id and {within})"
    digits = "".join(char for char in text if char.isascii() and char.isdigit())
    values: dict[str, object] = {
        **params, "text": text, "like": containing(text), "most": MOST, "limit": limit + 1,
        "phone": f"+91{digits[-10:]}" if len(digits) >= 10 else None, "case": _key("case", text),
        "campaign": _key("campaign", text),
    }  # fmt: skip
    groups: list[GroupView] = []
    for kind in kinds:
        if not caller.may(*PAGES[kind]):
            continue
        sql = STATEMENTS[kind].format(reach=reach, customers=customers, policies=policies)
        rows = await reads.fetch_all(Hit, sql, values)
        shown = [row.to_public() for row in rows[:limit]]
        groups.append({"type": kind, "results": shown, "more": len(rows) > limit})
    return {"query": text, "total": sum(len(group["results"]) for group in groups), "groups": groups}


def _key(kind: str, text: str) -> int | None:
    """The number in a whole display code, such as CASE-12; None for anything else, a bare number too."""
    prefix = ids.PREFIXES[kind].lower()
    bare = text.lower().removeprefix(prefix)
    return ids.bare_number(bare) if text.lower().startswith(prefix) else None
