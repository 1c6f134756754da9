"""Merging a chunk of policy rows into customers and policies, set by set.

The chunk is in a staging table whose columns are the contract of `upload_staging`: a row starts as a new customer
with a new policy, numbers and all, and is written to only where we know better. The caller holds the client's merge
lock, so two files of one client never merge at once; `customer_id`, `policy_id`, `outcome` and `previous` are then right
for the modules above.

Which rows are the same customer: the same customer code, else the same PAN, else the policy's own customer when a contact or the
name agrees, else the same phone and name (or e-mail and name); the last three only where code and PAN do not say
otherwise. Never the phone alone: families share one.
"""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import corrections, db, sql
from py360.modules.customers import grace
from py360.modules.customers.columns import FILED_OF_CUSTOMER, FILED_OF_POLICY

_UNKNOWN: Final = "s.customer_is_new"  # until proved otherwise
_WAITING: Final = "s.customer_id is null and s.outcome <> 'failed'"
_MATCH: Final = (
    sql.read(__file__, "match_customers")
    .replace("{same_name}", "lower(c.full_name) = lower(trim(s.first_name || ' ' || s.last_name))")
    .replace(
        "{no_contradiction}",
        "(s.customer_code is null or c.customer_code = 'CUST-' || c.id)"
        " and (s.pan is null or c.pan is null or s.pan = c.pan)",
    )
)
# A row about a customer that was merged is about the one that is kept.
_FOLLOW_MERGED: Final = """
update {staging} s set customer_id = c.merged_into from customers c where c.id = s.customer_id and c.merged_into is not null
"""
_RESPELL_CUSTOMERS: Final = sql.read(__file__, "respell_customers")
_RESPELL_POLICIES: Final = sql.read(__file__, "respell_policies")
_DOUBT: Final = sql.read(__file__, "doubt_repeated_customers")
_LEAD_CODED: Final = sql.read(__file__, "lead_coded_customers")
_LEAD_BARE: Final = sql.read(__file__, "lead_bare_customers")
_INSERT_CUSTOMERS: Final = sql.read(__file__, "insert_customers")
_LOCK: Final = sql.read(__file__, "lock_merged")
_KEEP_CONTACTS: Final = sql.read(__file__, "keep_corrected_contacts").replace(
    "{corrected}", corrections.pinned("c", FILED_OF_CUSTOMER)
)
_KEEP_TERMS: Final = sql.read(__file__, "keep_corrected_terms").replace(
    "{corrected}", corrections.pinned("p", FILED_OF_POLICY)
)
_REFRESH: Final = sql.read(__file__, "refresh_customers")
_MATCH_POLICIES: Final = sql.read(__file__, "match_policies")
# A row without a frequency leaves the policy's as it is.
_CHANGED_GRACE: Final = grace.DAYS.replace(
    "{t}.payment_frequency", "coalesce(s.payment_frequency, p.payment_frequency)"
)
_CHANGE_POLICIES: Final = (
    sql.read(__file__, "change_policies")
    .replace("{forgotten}", corrections.forgotten("p", FILED_OF_POLICY))
    .replace("{grace}", _CHANGED_GRACE.format(t="s"))
)
_INSERT_POLICIES: Final = sql.read(__file__, "insert_policies").replace("{grace}", grace.DAYS.format(t="s"))

_MERGE_MEMBERS: Final = sql.read(__file__, "merge_members")
_NAMES_MEMBERS: Final = "select exists (select from {staging} where details is not null)"

# A list of new business, or a first upload, knows none.
_KNOWS_POLICIES: Final = """
select exists (
  select from {staging} s cross join lateral (
    select from policies where client_id = s.client_id and policy_number = s.policy_number offset 0) p)
"""
# Only the owner of an index may; elsewhere PostgreSQL's own housekeeping does it some time later.
_SORT_INTO_SEARCH: Final = """
select gin_clean_pending_list(c.oid)
from pg_index i join pg_class c on c.oid = i.indexrelid join pg_am a on a.oid = c.relam
where i.indrelid in ('customers'::regclass, 'policies'::regclass) and a.amname = 'gin' and pg_has_role(c.relowner, 'usage')
"""


async def merge(session: AsyncSession, staging: str) -> None:
    """Find or create the customer and the policy of every row.

    Afterwards every row has an outcome: `new`, `changed`, `unchanged` (with `term_closed` or `older_term` where the row
    is about a term that is over) or `failed` (the code says why). Raises nothing of its own.
    """
    for respell in (_RESPELL_CUSTOMERS, _RESPELL_POLICIES):
        await _run(session, respell, staging)
    known = await _run(session, _MATCH, staging, these=_UNKNOWN)
    if known:
        await _run(session, _FOLLOW_MERGED, staging)
    doubtful = await _run(session, _DOUBT, staging)
    await _insert_customers(session, staging)
    if doubtful:
        for lead in (_LEAD_CODED, _LEAD_BARE):
            await _lead_customers(session, lead, staging)
    if known or doubtful:
        await _run(session, _KEEP_CONTACTS, staging)
        await _run(session, _REFRESH, staging)
    matched = 0
    if await db.fetch_only(session, bool, _KNOWS_POLICIES.format(staging=staging)):
        await _run(session, _KEEP_TERMS, staging)
        matched = await _run(session, _MATCH_POLICIES, staging)
    if known or doubtful or matched:
        await _run(session, _LOCK, staging)
        await _run(session, _CHANGE_POLICIES, staging)
    async with db.trusted(session):
        await _run(session, _INSERT_POLICIES, staging)
    if await db.fetch_only(session, bool, _NAMES_MEMBERS.format(staging=staging)):
        await _run(session, _MERGE_MEMBERS, staging)


async def sort_into_search(session: AsyncSession) -> None:
    """Sort the names and policy numbers that were merged into the indexes that searches use.

    Until then they lie in lists that every search reads from end to end, and an import that finds them full sorts all.
    """
    await db.execute(session, _SORT_INTO_SEARCH)


async def _lead_customers(session: AsyncSession, lead: str, staging: str) -> None:
    newest = f"select coalesce(max(customer_id), 0) from {staging} where customer_is_new"
    made = await db.fetch_only(session, int, newest)
    while await _run(session, lead, staging):
        await _insert_customers(session, staging, made)
        made = await db.fetch_only(session, int, newest)
        if not await db.fetch_only(session, bool, f"select exists (select from {staging} s where {_WAITING})"):
            return
        await _run(session, _MATCH, staging, these=_WAITING)


async def _insert_customers(session: AsyncSession, staging: str, made: int = 0) -> None:
    async with db.trusted(session):
        await _run(session, _INSERT_CUSTOMERS, staging, made=str(made))


async def _run(session: AsyncSession, sql: str, staging: str, **parts: str) -> int:
    """Run each statement of `sql` on the staging table; rows touched by the last one."""
    touched = 0
    for statement in sql.split(";"):
        touched = await db.execute(session, statement.format(staging=staging, **parts))
    return touched
