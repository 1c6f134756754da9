"""Know your customer: the documents that prove who a customer is and where they live, and what follows from them.

The status is verified only with a checked identity document and a checked proof of address (PMLA rules, rule 9; for insurers IRDAI's
AML/CFT guidelines), rejected while one of the documents is, else pending. It is never set by hand.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final, Literal

from psycopg.types.json import Jsonb
from pydantic import Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import TypedDict

from py360.kit import db, ids
from py360.kit.errors import Invalid, PreconditionFailed
from py360.kit.free_json import FreeJson
from py360.kit.reads import Reads
from py360.kit.wire import AS_CODE, Schema
from py360.modules.customers.queries import Customer

Kind = Literal["pan", "aadhaar", "passport", "voter_id", "driving_licence", "utility_bill", "bank_statement", "photo"]
IDENTITY: Final = frozenset({"pan", "aadhaar", "passport", "voter_id", "driving_licence"})
ADDRESS: Final = frozenset({"aadhaar", "passport", "voter_id", "driving_licence", "utility_bill", "bank_statement"})
_LOCK: Final = """
select coalesce(kyc_documents, '[]') from customers where id = %(id)s
  and (%(edition)s::bigint is null or (extract(epoch from updated_at) * 1000000)::bigint = %(edition)s) for update
"""
_SET: Final = "update customers set kyc_status = %(status)s, kyc_documents = %(documents)s where id = %(id)s"
_FILES: Final = """
select f.id from files_public_file f where f.entity_type = 'customer' and f.entity_id = %(id)s and f.id = any(%(files)s)
"""
_READ: Final = "select kyc_documents from customers where id = %(id)s"


class KycDocumentIn(Schema):
    """A document. Of an Aadhaar only the last four digits are kept (UIDAI circular 2 of 2018)."""

    type: Annotated[Kind, AS_CODE]
    number: Annotated[str, StringConstraints(max_length=30, to_upper=True)] | None = None
    status: Annotated[Literal["pending", "verified", "rejected"], AS_CODE] = "pending"
    expires_on: date | None = None
    file_id: Annotated[str | int | None, Field(description="A document stored with the customer (`/api/files`)")] = None
    note: Annotated[str, StringConstraints(max_length=500)] | None = None


class KycIn(Schema):
    """All documents of a customer; one that is left out is removed."""

    passed_over = frozenset({"customerId", "kycStatus", "missing"})

    documents: Annotated[list[KycDocumentIn], Field(max_length=20)]


class KycView(TypedDict):
    """The status that follows from the documents; `missing`: identity, address."""

    customerId: str
    kycStatus: str
    documents: list[dict[str, object]]
    missing: list[str]


class KycSaved(TypedDict):
    """The documents were saved."""

    customerId: str
    kycStatus: str
    missing: list[str]
    message: str


@dataclass(frozen=True, slots=True)
class Kyc:
    """What the documents of a customer prove."""

    status: str
    missing: list[str]


def judge(documents: list[FreeJson], today: date) -> Kyc:
    """The status of these documents; one that is over proves nothing."""
    proving = {
        each["type"]
        for each in documents
        if each.get("status") == "verified" and str(each.get("expiresOn") or today) >= str(today)
    }
    missing = [name for name, kinds in (("identity", IDENTITY), ("address", ADDRESS)) if not proving & kinds]
    if not missing:
        return Kyc("verified", [])
    rejected = any(each.get("status") == "rejected" for each in documents)
    return Kyc("rejected" if rejected else "pending", missing)


async def documents_of(reads: Reads, customer: Customer) -> list[FreeJson]:
    """The KYC documents of a customer that is known to be within reach."""
    documents: list[FreeJson] | None = await reads.fetch_only(list, _READ, {"id": customer.id})
    return documents or []


async def read(reads: Reads, customer: Customer, today: date) -> KycView:
    """The KYC documents of a customer that is known to be within reach, and what they prove."""
    documents = await documents_of(reads, customer)
    found = judge(documents, today)
    return {
        "customerId": customer.customer_code,
        "kycStatus": customer.kyc_status,
        "documents": documents,
        "missing": found.missing,
    }


async def save(session: AsyncSession, customer: Customer, body: KycIn, today: date, if_match: int | None) -> Kyc:
    """Set all documents; the status follows. Raises Invalid (a file of another record) and PreconditionFailed."""
    known = await db.fetch_all(session, list, _LOCK, {"id": customer.id, "edition": if_match})
    if not known:
        raise PreconditionFailed
    await _check_files(session, customer, body)
    documents = [_stored(each) for each in body.documents]
    found = judge(documents, today)
    values = {"id": customer.id, "status": found.status, "documents": Jsonb(documents)}
    await db.execute(session, _SET, values)
    return found


async def _check_files(session: AsyncSession, customer: Customer, body: KycIn) -> None:
    named = {place: ids.number("file", each.file_id) for place, each in enumerate(body.documents) if each.file_id}
    own = await db.fetch_all(session, int, _FILES, {"id": customer.id, "files": list(named.values())})
    for place, file_id in named.items():
        if file_id not in own:
            message = f"is no document of {customer.customer_code}"
            field = f"documents.{place}.fileId"
            raise Invalid(f"{field} {message}.", details=[{"field": field, "message": message}])


def _stored(document: KycDocumentIn) -> FreeJson:
    stored = document.model_dump(mode="json", by_alias=True, exclude_none=True)
    if document.type == "aadhaar" and document.number:
        stored["number"] = "XXXX-XXXX-" + "".join(document.number.split())[-4:]
    return stored
