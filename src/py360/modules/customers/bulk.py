"""Merging a chunk of policy rows into customers and policies, set by set.

The chunk stands in a staging table whose columns are the contract of `upload_staging`: a row starts as a new customer
with a new policy, numbers and all, and is written to only where we know better. The caller holds the client's merge
lock, so two files of one client never merge at once; `customer_id`, `policy_id`, `outcome` and `previous` are then right
for the modules above.

Who is the same customer: the same customer code, else the same PAN, else the policy's own customer when a contact or the
name agrees, else the same phone and name (or e-mail and name); the last three only where code and PAN do not say
otherwise. Never the phone alone: families share one.
"""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import corrections, db
from py360.modules.customers.service import FILED_OF_CUSTOMER, FILED_OF_POLICY

_NAME: Final = "lower(c.full_name) = lower(trim(s.first_name || ' ' || s.last_name))"
_NO_CONTRADICTION: Final = """
  (s.customer_code is null or c.customer_code = 'CUST-' || c.id) and (s.pan is null or c.pan is null or s.pan = c.pan)
"""
_UNKNOWN: Final = "s.customer_is_new"  # until proved otherwise
_WAITING: Final = "s.customer_id is null and s.outcome <> 'failed'"
_SAME: Final = (
    "c.client_id = s.client_id and c.customer_code = s.customer_code",
    "c.client_id = s.client_id and c.pan = s.pan",
    "c.id = (select p.customer_id from policies p where p.client_id = s.client_id and p.policy_number = s.policy_number)"
    f" and ({_NAME} or c.phone = s.phone or c.email = s.email) and {_NO_CONTRADICTION}",
    f"c.client_id = s.client_id and c.phone = s.phone and {_NAME} and {_NO_CONTRADICTION}",
    f"c.client_id = s.client_id and c.email = s.email and {_NAME} and {_NO_CONTRADICTION}",
)
# One look into a key's index per row, however large the book is: `+ 0` keeps the planner from walking the ids instead.
_LADDER: Final = ", ".join(f"(select min(c.id + 0) from customers c where {same})" for same in _SAME)
_MATCH: Final = f"""
update {{staging}} s set customer_id = found.id, customer_is_new = false
from (select s.row_no, coalesce({_LADDER}) as id from {{staging}} s where {{these}}) found
where found.row_no = s.row_no and found.id is not null
"""

# New customers of whom the chunk may have several rows. The first row of each makes the customer; the others find it on
# the next climb of the ladder.
_DOUBT: Final = """
update {staging} s set customer_id = null, customer_is_new = false
where customer_is_new and (
  customer_code in (select customer_code from {staging} where customer_is_new group by customer_code having count(*) > 1)
  or pan in (select pan from {staging} where customer_is_new group by pan having count(*) > 1)
  or phone in (select phone from {staging} where customer_is_new group by phone having count(*) > 1)
  or email in (select email from {staging} where customer_is_new group by email having count(*) > 1))
"""
_LEAD_CODED: Final = f"""
update {{staging}} s set customer_id = nextval('customers_id_seq'), customer_is_new = true
where {_WAITING} and (s.customer_code is not null or s.pan is not null)
  and (s.customer_code is null or s.row_no in (
    select min(row_no) from {{staging}} s where {_WAITING} group by customer_code))
  and (s.pan is null or s.row_no in (select min(row_no) from {{staging}} s where {_WAITING} group by pan))
"""
_LEAD_BARE: Final = f"""
update {{staging}} s set customer_id = nextval('customers_id_seq'), customer_is_new = true
where {_WAITING} and s.customer_code is null and s.pan is null and s.row_no in (
  select min(row_no) from {{staging}} s where {_WAITING}
  group by coalesce(phone, email), lower(trim(first_name || ' ' || last_name)))
"""
_INSERT: Final = """
insert into customers (
  id, client_id, customer_code, first_name, last_name, email, phone, date_of_birth, gender, pan, address,
  customer_profile, preferred_language)
select
  customer_id, client_id,
  coalesce(customer_code, 'CUST-' || customer_id || case when exists (
    select from customers taken where taken.client_id = s.client_id and taken.customer_code = 'CUST-' || s.customer_id) then '-N' else '' end),
  first_name, last_name, email, phone, date_of_birth, gender, pan, address,
  coalesce(customer_profile, 'normal'), coalesce(preferred_language, 'en')
from {staging} s
where customer_is_new and customer_id > {made}
"""
# References to what stood here before are held until the commit; the rows made here are ours.
_HOLD: Final = """
select count(*) from (
  select from customers c where c.id in (select customer_id from {staging} where not customer_is_new) for key share) held;
select count(*) from (
  select from policies p where p.id in (select policy_id from {staging} where not policy_is_new) for key share) held
"""

# What was corrected by hand stays so where the file says again what it had wrong, within the same term.
_HOLD_CONTACTS: Final = f"""
update {{staging}} s set {corrections.held("c", FILED_OF_CUSTOMER)}
from customers c
where c.corrected is not null and c.id = s.customer_id and not s.customer_is_new and s.outcome <> 'failed'
"""
_HOLD_TERMS: Final = f"""
update {{staging}} s set {corrections.held("p", FILED_OF_POLICY)}
from policies p
where p.corrected is not null and p.client_id = s.client_id and p.policy_number = s.policy_number and s.outcome <> 'failed'
  and s.renewal_date = coalesce((p.corrected ->> 'renewal_date')::date, p.renewal_date)
"""
# What the file knows and we did not; a contact that changed. The last row of a customer in the chunk speaks.
_REFRESH: Final = """
with latest as (
  select distinct on (customer_id) * from {staging}
  where not customer_is_new and outcome <> 'failed'
  order by customer_id, row_no desc
), said as (  -- a code or PAN is adopted by one customer only, and only while nobody has it
  select l.*,
    row_number() over (partition by l.pan order by l.row_no) = 1
      and not exists (select from customers o where o.client_id = l.client_id and o.pan = l.pan) as pan_is_free,
    row_number() over (partition by l.customer_code order by l.row_no) = 1
      and not exists (select from customers o where o.client_id = l.client_id and o.customer_code = l.customer_code) as code_is_free
  from latest l
)
update customers c set
  customer_code = case when c.customer_code = 'CUST-' || c.id and said.code_is_free
                       then coalesce(said.customer_code, c.customer_code) else c.customer_code end,
  email = coalesce(said.email, c.email),
  phone = coalesce(said.phone, c.phone),
  corrected = nullif(c.corrected - array_remove(array[
    case when said.email <> c.email then 'email' end, case when said.phone <> c.phone then 'phone' end], null), '{{}}'),
  pan = coalesce(c.pan, case when said.pan_is_free then said.pan end),
  date_of_birth = coalesce(c.date_of_birth, said.date_of_birth),
  gender = coalesce(c.gender, said.gender),
  address = coalesce(c.address, said.address)
from said
where said.customer_id = c.id and (
  said.email is distinct from c.email and said.email is not null
  or said.phone is distinct from c.phone and said.phone is not null
  or (c.pan is null and said.pan is not null) or (c.date_of_birth is null and said.date_of_birth is not null)
  or (c.gender is null and said.gender is not null) or (c.address is null and said.address is not null)
  or (said.customer_code is not null and c.customer_code = 'CUST-' || c.id))
"""

# A list of new business, or a first upload, knows none.
_KNOWS_POLICIES: Final = """
select exists (
  select from {staging} s cross join lateral (
    select from policies where client_id = s.client_id and policy_number = s.policy_number offset 0) p)
"""
# A policy we know: is the row's term over, older than what we hold, or does it say something new?
_FIND_POLICIES: Final = """
update {staging} s set
  policy_id = p.id, policy_is_new = false,
  outcome = case
    when closed.policy_id is not null or s.end_date < p.end_date then 'unchanged'
    when (p.customer_id, p.premium_amount, p.start_date, p.end_date, p.renewal_date, p.policy_type)
      is distinct from
      (s.customer_id, s.premium_amount, s.start_date, s.end_date, s.renewal_date, s.policy_type::varchar)
      or coalesce(s.product_name, p.product_name) is distinct from p.product_name
      or coalesce(s.sum_insured, p.sum_insured) is distinct from p.sum_insured
      or coalesce(s.payment_frequency, p.payment_frequency) <> p.payment_frequency then 'changed'
    else 'unchanged' end,
  outcome_code = case
    when closed.policy_id is not null then 'term_closed'
    when s.end_date < p.end_date then 'older_term' end,
  previous = jsonb_build_object(
    'customer_id', p.customer_id, 'premium_amount', p.premium_amount, 'start_date', p.start_date,
    'end_date', p.end_date, 'renewal_date', p.renewal_date, 'policy_type', p.policy_type,
    'product_name', p.product_name, 'sum_insured', p.sum_insured, 'payment_frequency', p.payment_frequency)
from {staging} row
cross join lateral (
  select * from policies where client_id = row.client_id and policy_number = row.policy_number offset 0) p
left join cases_public_term closed
  on closed.policy_id = p.id and closed.due_date = row.renewal_date and not closed.is_open
where row.row_no = s.row_no and s.outcome <> 'failed'
"""
_CHANGE_POLICIES: Final = f"""
update policies p set
  customer_id = s.customer_id, premium_amount = s.premium_amount, start_date = s.start_date, end_date = s.end_date, renewal_date = s.renewal_date,
  policy_type = s.policy_type, product_name = coalesce(s.product_name, p.product_name),
  product_category = coalesce(s.product_category, p.product_category),
  sum_insured = coalesce(s.sum_insured, p.sum_insured),
  payment_frequency = coalesce(s.payment_frequency, p.payment_frequency),
  corrected = case when s.renewal_date = p.renewal_date then {corrections.forgotten("p", FILED_OF_POLICY)} end,
  status = 'active', version = p.version + 1
from {{staging}} s
where s.policy_id = p.id and s.outcome = 'changed'
"""
_INSERT_POLICIES: Final = """
insert into policies (
  id, client_id, policy_number, customer_id, policy_type, product_name, product_category, premium_amount, sum_insured,
  start_date, end_date, renewal_date, payment_frequency, agent_id, branch_id)
select
  policy_id, client_id, policy_number, customer_id, policy_type, product_name, product_category, premium_amount,
  sum_insured, start_date, end_date, renewal_date, coalesce(payment_frequency, 'annual'), agent_id, branch_id
from {staging} where policy_is_new
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
    speaks of a term that is over) or `failed` (the code says why). Raises nothing of its own.
    """
    known = await _run(session, _MATCH, staging, these=_UNKNOWN)
    doubtful = await _run(session, _DOUBT, staging)
    await _insert_customers(session, staging)
    if doubtful:
        for lead in (_LEAD_CODED, _LEAD_BARE):
            await _lead_customers(session, lead, staging)
    if known or doubtful:
        await _run(session, _HOLD_CONTACTS, staging)
        await _run(session, _REFRESH, staging)
    held = 0
    if await db.value(session, _KNOWS_POLICIES.format(staging=staging)):
        await _run(session, _HOLD_TERMS, staging)
        held = await _run(session, _FIND_POLICIES, staging)
    if known or doubtful or held:
        await _run(session, _HOLD, staging)
        await _run(session, _CHANGE_POLICIES, staging)
    async with db.trusted(session):
        await _run(session, _INSERT_POLICIES, staging)


async def sort_into_search(session: AsyncSession) -> None:
    """Sort the names and policy numbers that were merged into the indexes that searches use.

    Until then they lie in lists that every search reads from end to end, and an import that finds them full sorts all.
    """
    await db.execute(session, _SORT_INTO_SEARCH)


async def _lead_customers(session: AsyncSession, lead: str, staging: str) -> None:
    newest = f"select coalesce(max(customer_id), 0) from {staging} where customer_is_new"
    made = await db.value(session, newest)
    while await _run(session, lead, staging):
        await _insert_customers(session, staging, made)
        made = await db.value(session, newest)
        if not await db.value(session, f"select exists (select from {staging} s where {_WAITING})"):
            return
        await _run(session, _MATCH, staging, these=_WAITING)


async def _insert_customers(session: AsyncSession, staging: str, made: int = 0) -> None:
    async with db.trusted(session):
        await _run(session, _INSERT, staging, made=str(made))


async def _run(session: AsyncSession, sql: str, staging: str, **parts: str) -> int:
    """Run each statement of `sql` on the staging table; rows touched by the last one."""
    touched = 0
    for statement in sql.split(";"):
        touched = await db.execute(session, statement.format(staging=staging, **parts))
    return touched
