"""Merging a chunk of policy rows into customers and policies, set by set.

The chunk stands in a staging table whose columns are the contract of `upload_staging`. Rows that are already decided
(`outcome` is not null) are left alone. The caller holds the client's merge lock, so two files of one client never
merge at once; `customer_id`, `policy_id`, `outcome` and `previous` are filled for the modules above.

Who is the same customer: the same customer code, else the same PAN, else the policy's own customer when a contact or the
name agrees, else the same phone and name (or e-mail and name); the last three only where code and PAN do not say
otherwise. Never the phone alone: families share one.
"""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db

# A file may name a customer or a policy that another insurer's book already holds.
_REFUSE_FOREIGN: Final = """
update {staging} s set outcome = 'failed', outcome_code = 'customer_of_other_client'
from customers c
where s.outcome is null and c.customer_code = s.customer_code and c.client_id <> s.client_id;
update {staging} s set outcome = 'failed', outcome_code = 'policy_of_other_client'
from policies p
where s.outcome is null and p.policy_number = s.policy_number and p.client_id <> s.client_id
"""

_NAME: Final = "lower(c.full_name) = lower(trim(s.first_name || ' ' || s.last_name))"
_NO_CONTRADICTION: Final = """
  (s.customer_code is null or c.customer_code = 'CUST-' || c.id) and (s.pan is null or c.pan is null or s.pan = c.pan)
"""
_WAITING: Final = "s.customer_id is null and s.outcome is null"
_LADDER: Final = (
    ("customer_code", "c.customer_code = s.customer_code"),
    ("pan", "c.client_id = s.client_id and c.pan = s.pan"),
    (
        "policy_number",
        "c.id = (select p.customer_id from policies p where p.policy_number = s.policy_number)"
        f" and ({_NAME} or c.phone = s.phone or c.email = s.email) and {_NO_CONTRADICTION}",
    ),
    ("phone", f"c.client_id = s.client_id and c.phone = s.phone and {_NAME} and {_NO_CONTRADICTION}"),
    ("email", f"c.client_id = s.client_id and c.email = s.email and {_NAME} and {_NO_CONTRADICTION}"),
)
_MATCH: Final = """
update {staging} s set customer_id = found.id
from (
  select s.row_no, min(c.id) as id from {staging} s join customers c on {same}
  where {waiting} and s.{key} is not null group by s.row_no
) found
where found.row_no = s.row_no
"""

# The first row of each new customer makes it; the others find it on the next climb of the ladder.
_LEAD_CODED: Final = """
update {staging} s set customer_id = nextval('customers_id_seq'), customer_is_new = true
where {waiting} and (s.customer_code is not null or s.pan is not null)
  and (s.customer_code is null or s.row_no in (
    select min(row_no) from {staging} where customer_id is null and outcome is null group by customer_code))
  and (s.pan is null or s.row_no in (
    select min(row_no) from {staging} where customer_id is null and outcome is null group by pan))
"""
_LEAD_BARE: Final = """
update {staging} s set customer_id = nextval('customers_id_seq'), customer_is_new = true
where {waiting} and s.customer_code is null and s.pan is null and s.row_no in (
  select min(row_no) from {staging} where customer_id is null and outcome is null
  group by coalesce(phone, email), lower(trim(first_name || ' ' || last_name)))
"""
_INSERT: Final = """
insert into customers (
  id, client_id, customer_code, first_name, last_name, email, phone, date_of_birth, gender, pan, address,
  customer_profile, preferred_language)
select
  customer_id, client_id,
  coalesce(customer_code, 'CUST-' || customer_id || case when exists (
    select from customers taken where taken.customer_code = 'CUST-' || s.customer_id) then '-N' else '' end),
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

# What the file knows and we did not; a contact that changed. The last row of a customer in the chunk speaks.
_REFRESH: Final = """
with latest as (
  select distinct on (customer_id) * from {staging}
  where customer_id is not null and not customer_is_new and outcome is null
  order by customer_id, row_no desc
), said as (  -- a code or PAN is adopted by one customer only, and only while nobody has it
  select l.*,
    row_number() over (partition by l.pan order by l.row_no) = 1
      and not exists (select from customers o where o.client_id = l.client_id and o.pan = l.pan) as pan_is_free,
    row_number() over (partition by l.customer_code order by l.row_no) = 1
      and not exists (select from customers o where o.customer_code = l.customer_code) as code_is_free
  from latest l
)
update customers c set
  customer_code = case when c.customer_code = 'CUST-' || c.id and said.code_is_free
                       then coalesce(said.customer_code, c.customer_code) else c.customer_code end,
  email = coalesce(said.email, c.email),
  phone = coalesce(said.phone, c.phone),
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

# A policy we know: is the row's term over, older than what we hold, or does it say something new?
_FIND_POLICIES: Final = """
update {staging} s set
  policy_id = p.id,
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
join policies p on p.policy_number = row.policy_number
left join cases_public_term closed
  on closed.policy_id = p.id and closed.due_date = row.renewal_date and not closed.is_open
where row.row_no = s.row_no and s.outcome is null
"""
_CHANGE_POLICIES: Final = """
update policies p set
  customer_id = s.customer_id, premium_amount = s.premium_amount, start_date = s.start_date, end_date = s.end_date, renewal_date = s.renewal_date,
  policy_type = s.policy_type, product_name = coalesce(s.product_name, p.product_name),
  product_category = coalesce(s.product_category, p.product_category),
  sum_insured = coalesce(s.sum_insured, p.sum_insured),
  payment_frequency = coalesce(s.payment_frequency, p.payment_frequency),
  status = 'active', version = p.version + 1
from {staging} s
where s.policy_id = p.id and s.outcome = 'changed'
"""
_LEAD_POLICIES: Final = """
update {staging} set policy_id = nextval('policies_id_seq'), policy_is_new = true, outcome = 'new'
where outcome is null and policy_id is null
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


async def merge(session: AsyncSession, staging: str) -> None:
    """Find or create the customer and the policy of every undecided row.

    Afterwards every row has an outcome: `new`, `changed`, `unchanged` (with `term_closed` or `older_term` where the row
    speaks of a term that is over) or `failed` (the code says why). Raises nothing of its own.
    """
    await _run(session, _REFUSE_FOREIGN, staging)
    await _find_customers(session, staging)
    for lead in (_LEAD_CODED, _LEAD_BARE):
        await _make_customers(session, lead, staging)
    await _run(session, _REFRESH, staging)
    await _run(session, _FIND_POLICIES, staging)
    await _run(session, _HOLD, staging)
    await _run(session, _CHANGE_POLICIES, staging)
    await _run(session, _LEAD_POLICIES, staging)
    async with db.trusted(session):
        await _run(session, _INSERT_POLICIES, staging)


async def _make_customers(session: AsyncSession, lead: str, staging: str) -> None:
    newest = f"select coalesce(max(customer_id), 0) from {staging} where customer_is_new"
    made = await db.value(session, newest)
    while await _run(session, lead, staging):
        async with db.trusted(session):
            await _run(session, _INSERT, staging, made=str(made))
        made = await db.value(session, newest)
        if not await db.value(session, f"select exists (select from {staging} s where {_WAITING})"):
            return
        await _find_customers(session, staging)


async def _find_customers(session: AsyncSession, staging: str) -> None:
    for key, same in _LADDER:
        await _run(session, _MATCH, staging, key=key, same=same)


async def _run(session: AsyncSession, sql: str, staging: str, **parts: str) -> int:
    """Run each statement of `sql` on the staging table; rows touched by the last one."""
    touched = 0
    for statement in sql.split(";"):
        touched = await db.execute(session, statement.format(staging=staging, waiting=_WAITING, **parts))
    return touched
