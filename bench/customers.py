"""The customer's timeline (issue 14, section 2): 2,000 events of one customer among 100,000, p95 below 50 ms, asked one by one.

The look for duplicates of a customer with a common name is measured beside it, without a bound of its own in the issue.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

import psycopg

from bench import portfolio
from bench.installation import api, installation, sign_in
from bench.load import load
from py360.kit import sql
from py360.kit.clock import SystemClock
from py360.modules.customers import duplicates

Out = Callable[[str], None]
TIMELINE_P95: Final = 50.0
EVENTS: Final = 2_000
# Of customer 1: comments, edits, payments, claims, messages, mails, calls and documents, an eighth of the events each.
_EVENTS: Final = (
    """
    insert into case_history (case_id, action, details, created_at)
    select 1, case when n %% 2 = 0 then 'Comment Added' else 'Updated' end, 'Note ' || n, now() - n * interval '1 hour'
    from generate_series(1, %(each)s * 2) n
    """,
    """
    insert into payments (client_id, case_id, policy_id, customer_id, gateway, amount, captured_amount, method, status, captured_at)
    select client_id, id, policy_id, customer_id, 'manual', 100, 100, 'UPI', 'captured', now() - n * interval '1 day'
    from renewal_cases, generate_series(1, %(each)s) n where id = 1
    """,
    """
    insert into claims (client_id, claim_number, policy_id, customer_id, claim_type, claim_amount, description, incident_date,
      reported_date)
    select client_id, 'CLM-B-' || n, policy_id, customer_id, 'vehicle', 5000, 'Bumper', current_date - 2, current_date - 1
    from renewal_cases, generate_series(1, %(each)s) n where id = 1
    """,
    """
    insert into communication_delivery_status (client_id, case_id, customer_id, communication_type, recipient_contact, status,
      content, sent_at)
    select client_id, id, customer_id, 'sms', '+919800000001', 'sent', 'Your policy is due', now() - n * interval '1 hour'
    from renewal_cases, generate_series(1, %(each)s) n where id = 1
    """,
    """
    insert into emails (client_id, message_id, from_email, to_email, subject, body_text, case_id, customer_id, received_at)
    select client_id, 'bench-' || n, 'asha@example.com', 'desk@example.com', 'Question ' || n, 'When is it due?', id, customer_id,
      now() - n * interval '2 hours'
    from renewal_cases, generate_series(1, %(each)s) n where id = 1
    """,
    """
    insert into case_communications (client_id, case_id, kind, direction, subject, occurred_at)
    select client_id, id, 'phone', 'inbound', 'Call ' || n, now() - n * interval '3 hours'
    from renewal_cases, generate_series(1, %(each)s) n where id = 1
    """,
    """
    insert into files (client_id, original_name, file_name, file_path, file_size, mime_type, entity_type, entity_id)
    select client_id, 'a.pdf', 'a' || n || '.pdf', 'x', 1, 'application/pdf', 'case', id
    from renewal_cases, generate_series(1, %(each)s) n where id = 1
    """,
)
# Birthdays and pincodes as they are; one customer in 50 has the phone of the one before, and every hundredth that of an agent.
_PEOPLE: Final = """
update customers set date_of_birth = date '1945-01-01' + (id * 7919 % 22000)::int,
  address = jsonb_build_object('pincode', (110001 + id * 31 % 19000)::text),
  phone = case when id % 50 = 0 then '+9198' || lpad((id - 1)::text, 8, '0') when id % 100 = 1 then '+919999999999' else phone end
"""


def run(out: Out, customers: int = 100_000, seconds: float = 3.0) -> bool:
    """Measure and say so line by line; whether the timeline is within its bound."""
    with installation() as url:
        with psycopg.connect(url, autocommit=True) as connection:
            started = time.perf_counter()
            clock = SystemClock()
            portfolio.fill(connection, customers, clock.today(), clock.now())
            for statement in _EVENTS:
                connection.execute(statement, {"each": EVENTS // 8})
            connection.execute(_PEOPLE)
            connection.execute("analyze")
            out(f"{customers:,} customers generated in {time.perf_counter() - started:.0f} s")
            started = time.perf_counter()
            params = {"client": 1, "now": clock.now()}
            (pairs,) = connection.execute(sql.read(duplicates.__file__, "scan_duplicates"), params).fetchone() or (0,)
            connection.execute("analyze customer_duplicates")
            out(
                f"{pairs:,} pairs of duplicates among {customers:,} customers found in {time.perf_counter() - started:.1f} s"
            )
        with api() as product:
            return asyncio.run(_measure(out, product, seconds))


async def _measure(out: Out, product: int, seconds: float) -> bool:
    signed = await sign_in(product)
    good = True
    for name, path, bound in (
        ("timeline, newest 100", "/api/customers/CUST-1/timeline", TIMELINE_P95),
        ("timeline, 500 events", "/api/customers/CUST-1/timeline?maxEvents=500", TIMELINE_P95),
        ("timeline, claims only", "/api/customers/CUST-1/timeline?type=claim", TIMELINE_P95),
        ("timeline, a piece of a text", "/api/customers/CUST-1/timeline?search=note%201", TIMELINE_P95),
        ("insights", "/api/customers/CUST-1/insights", None),
        ("duplicates", "/api/customers/CUST-77/duplicates", None),
        ("list of duplicates", "/api/customers/duplicates?sort=-score", None),
    ):
        await load(product, [path], signed, connections=1, seconds=0.5)
        took = await load(product, [path], signed, connections=1, seconds=seconds)
        fine = bound is None or took.p95 <= bound
        good &= fine
        verdict = "" if bound is None else " ok" if fine else " TOO SLOW"
        out(f"{name:<28} median {took.median:5.1f} ms, p95 {took.p95:5.1f} ms{verdict}")
    return good


if __name__ == "__main__":
    raise SystemExit(0 if run(print) else 1)
