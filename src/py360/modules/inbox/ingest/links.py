"""The customer, policy and case that a mail is about: the customer by the sender's address, the policy by its number in the text, the case by both."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.modules.inbox.ingest.mime import ParsedMail
from py360.modules.inbox.ingest.threads import Thread

MOST_NUMBERS: Final = 40  # words of a mail that may be policy numbers
LOOKED_AT: Final = 5_000  # characters of its text
_PUNCTUATION: Final = ".,;:!?()[]{}<>\"'“”‘’*#|`=।"
LinkedBy = Literal["thread", "policy_number", "address"]


@dataclass(frozen=True, slots=True)
class CaseOf:
    """A case as a mail is linked to it."""

    id: int
    customer_id: int
    policy_number: str
    is_open: bool
    due_date: date
    assigned_to: int | None
    node_id: int | None


@dataclass(frozen=True, slots=True)
class Link:
    """What a mail is about, and how that was found."""

    customer_id: int | None = None
    case: CaseOf | None = None
    policy_number: str | None = None
    by: LinkedBy | None = None


@dataclass(frozen=True, slots=True)
class _Customer:
    id: int
    email: str


_CUSTOMERS: Final = """
select min(id) as id, email from customers_public_contact
where client_id = %(client)s and email = any(%(addresses)s) group by email having count(*) = 1
"""
_CASE: Final = "id, customer_id, policy_number, is_open, due_date, assigned_to, node_id"
_CASES: Final = f"""
select {_CASE} from cases_public_case where client_id = %(client)s and policy_number = any(%(numbers)s)
union
select {_CASE} from cases_public_case where client_id = %(client)s and customer_id = any(%(customers)s) and is_open
union
select {_CASE} from cases_public_case where client_id = %(client)s and id = any(%(cases)s)
order by is_open, due_date
"""


def numbers_in(mail: ParsedMail) -> list[str]:
    """The words of a mail that may be a policy's number: five characters or more, a digit among them."""
    found: dict[str, None] = {}
    for word in f"{mail.subject} {mail.text[:LOOKED_AT]}".split():
        bare = word.strip(_PUNCTUATION)
        if 5 <= len(bare) <= 100 and any(each.isdigit() for each in bare) and "@" not in bare and "://" not in bare:
            found[bare] = None
            found[bare.upper()] = None
        if len(found) >= MOST_NUMBERS:
            break
    return list(found)


@dataclass(slots=True)
class Links:
    """The customers and cases that a batch of mails may be about."""

    customers: dict[str, int]
    by_policy: dict[str, CaseOf]
    by_customer: dict[int, list[CaseOf]]
    by_id: dict[int, CaseOf]

    @classmethod
    async def for_batch(
        cls, session: AsyncSession, client_id: int, mails: Sequence[ParsedMail], threads: Iterable[Thread]
    ) -> "Links":
        """Look them up: two statements."""
        addresses = {person for mail in mails for person in (mail.from_email, *mail.to[:5])}
        rows = await db.fetch_all(session, _Customer, _CUSTOMERS, {"client": client_id, "addresses": list(addresses)})
        customers = {row.email: row.id for row in rows}
        params = {
            "client": client_id,
            "numbers": list({number for mail in mails for number in numbers_in(mail)}),
            "customers": list(customers.values()),
            "cases": [thread.case_id for thread in threads if thread.case_id is not None],
        }
        by_policy: dict[str, CaseOf] = {}
        by_customer: dict[int, list[CaseOf]] = defaultdict(list)
        by_id: dict[int, CaseOf] = {}
        for case in await db.fetch_all(session, CaseOf, _CASES, params):
            by_policy[case.policy_number] = case  # an open one, and of these the latest due, comes last
            by_id[case.id] = case
            if case.is_open:
                by_customer[case.customer_id].append(case)
        return cls(customers, by_policy, by_customer, by_id)

    def of(self, mail: ParsedMail, thread: Thread, outbound: bool) -> Link:
        """What a mail is about: what its conversation is about, else the policy it names, else its writer's only open case."""
        person = next((each for each in mail.to if each in self.customers), "") if outbound else mail.from_email
        customer = self.customers.get(person)
        named = next((self.by_policy[number] for number in numbers_in(mail) if number in self.by_policy), None)
        if named is not None:
            return Link(named.customer_id, named, named.policy_number, "policy_number")
        if thread.case_id is not None and (case := self.by_id.get(thread.case_id)) is not None:
            return Link(case.customer_id, case, case.policy_number, "thread")
        if thread.customer_id is not None and customer is None:
            return Link(thread.customer_id, by="thread")
        if customer is None:
            return Link()
        cases = self.by_customer.get(customer, [])
        if len(cases) == 1:
            return Link(customer, cases[0], cases[0].policy_number, "address")
        return Link(customer, by="address")
