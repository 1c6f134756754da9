"""A portfolio of any size, generated set by set: people with Indian names, policies of several products, cases in all states."""

from typing import Final

import psycopg

_FIRST: Final = (
    "Aarav Aditi Ajay Akash Amit Ananya Anil Anita Anjali Arjun Asha Ashok Bhavna Deepa Deepak Divya Farhan Fatima Gaurav Geeta"
    " Harish Imran Isha Jaya Karan Kavita Kiran Lakshmi Lata Mahesh Manish Manoj Meena Mohan Naveen Neha Nikhil Nisha Pooja Prakash"
    " Priya Rahul Rajesh Rakesh Ramesh Rani Ravi Rekha Ritu Rohan Sandeep Sanjay Sarita Seema Shalini Shankar Sneha Sunil Sunita"
    " Suresh Tanvi Uma Varun Vidya Vijay Vikram Vinod Yash Zara Zoya"
)
_LAST: Final = (
    "Kumar Singh Sharma Verma Gupta Patel Shah Reddy Rao Nair Menon Iyer Iyengar Das Ghosh Bose Banerjee Mukherjee Chatterjee"
    " Joshi Kulkarni Deshpande Patil Jadhav Shinde Pawar Khan Ansari Qureshi Sheikh Mishra Tiwari Pandey Dubey Yadav Chauhan"
    " Rathore Mehta Desai Trivedi Bhatt Pillai Varma Naidu Choudhary Malhotra Kapoor Chopra Bhatia Sethi D'Souza Fernandes"
    " Thomas George Mathew Venkataraman Subramaniam Krishnamurthy Hegde Gowda Shetty Kaur Gill Sandhu Dhillon Saxena Srivastava"
    " Agarwal Bansal Goel Jain Sinha Prasad Roy Sen Dutta Barua Hazarika Sangma Lobo"
)

FIRST: Final = _FIRST.split()
LAST: Final = _LAST.split()

_STATEMENTS: Final = (
    # a common name is common: the square of a random number leans towards the first of each list
    """
    insert into customers (id, client_id, customer_code, first_name, last_name, email, phone)
    select n, %(client)s, 'CUST-' || n, (%(first)s::text[])[1 + floor(random() * random() * %(firsts)s)::int],
      (%(last)s::text[])[1 + floor(random() * random() * %(lasts)s)::int], 'customer' || n || '@example.com', '+9198' || lpad(n::text, 8, '0')
    from generate_series(1, %(cases)s) n
    """,
    """
    insert into policies (id, client_id, policy_number, customer_id, policy_type, product_name, product_category,
      premium_amount, start_date, end_date, renewal_date)
    select n, %(client)s, 'P/' || (400 + n %% 60) || '/' || lpad(((n * 7919::bigint) %% 100000000)::text, 8, '0') || '/' || n,
      n, 'Motor', (array['Private Car Package', 'Two Wheeler', 'Commercial Vehicle'])[1 + n %% 3], 'Motor', 3000 + n %% 40000, due - 365, due, due
    from generate_series(1, %(cases)s) n, lateral (select %(today)s::date - 40 + (n %% 400) as due) d
    """,
    """
    insert into file_uploads (id, client_id, filename, original_filename, file_size, file_type, sha256, upload_status)
    select n, %(client)s, 'f' || n, 'renewals ' || n || '.xlsx', 1, 'xlsx', md5(n::text), 'completed' from generate_series(1, 40) n
    """,
    """
    insert into upload_batches (id, upload_id, batch_code, file_name, total_records)
    select n, n, 'BATCH-' || n, 'renewals ' || n || '.xlsx', %(cases)s / 40 from generate_series(1, 40) n
    """,
    """
    insert into users (id, client_id, email, password_hash, first_name, last_name)
    select 1000 + n, %(client)s, 'agent' || n || '@example.com', 'none', 'Agent', n::text from generate_series(1, 50) n
    """,
    """
    insert into renewal_cases (id, client_id, policy_id, customer_id, due_date, status, priority, assigned_to, batch_id,
      channel, renewal_amount, payment_status, last_action_date, closed_at, created_at)
    select n, %(client)s, n, n, %(today)s::date - 40 + (n %% 400),
      s.status, case when n %% 97 = 0 then 'urgent' when n %% 13 = 0 then 'high' else 'medium' end,
      case when s.status in ('uploaded', 'validated') then null else 1001 + (n * 31) %% 50 end,
      1 + n * 40::bigint / (%(cases)s + 1), (array['Online', 'Branch', 'Telecalling', 'Partner', null])[1 + n %% 5], 3300 + n %% 40000,
      case when s.status in ('renewed', 'payment_processed') then 'completed' when n %% 500 = 0 then 'partial' else 'pending' end,
      %(now)s, case when s.status in ('renewed', 'lapsed', 'cancelled') then %(now)s::timestamptz - n %% 86400 * interval '1 second' end,
      %(now)s::timestamptz - (40 - n * 40::bigint / (%(cases)s + 1)) * interval '9 days'
    from generate_series(1, %(cases)s) n,
      lateral (select (array['validated', 'validated', 'assigned', 'assigned', 'assigned', 'in_progress', 'in_progress', 'pending',
        'follow_up', 'on_hold', 'payment_processed', 'renewed', 'renewed', 'renewed', 'failed', 'lapsed', 'cancelled'])[1 + (n * 7) %% 17] as status) s
    """,
)


def fill(connection: "psycopg.Connection[object]", cases: int, today: object, now: object) -> None:
    """Put a portfolio into a migrated, seeded database and let the planner know of it."""
    params = {
        "client": connection.execute("select min(id) from clients").fetchone()[0],
        "cases": cases,
        "first": FIRST,
        "firsts": len(FIRST),
        "last": LAST,
        "lasts": len(LAST),
        "today": today,
        "now": now,
    }
    with connection.transaction():
        connection.execute("set local session_replication_role = replica")
        connection.execute("select setseed(0.5)")  # the same people in every run
        for statement in _STATEMENTS:
            connection.execute(statement, params)
        for table in ("customers", "policies", "file_uploads", "upload_batches", "users", "renewal_cases"):
            connection.execute(f"select setval(pg_get_serial_sequence('{table}', 'id'), (select max(id) from {table}))")
    for table in ("customers", "policies", "renewal_cases", "upload_batches", "users"):
        connection.execute(f"vacuum (analyze) {table}")
