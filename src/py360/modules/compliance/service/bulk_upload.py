"""A list of contacts as a file, put on the do-not-contact registry (domain reference, section 15)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import orjson
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import child, db, field_errors, jsonb
from py360.kit.caller import Caller
from py360.kit.errors import Conflict, Invalid, TooLarge
from py360.modules.compliance import sheet
from py360.modules.compliance.schemas import DncIn
from py360.modules.compliance.service import entries
from py360.modules.compliance.views import BulkUploadView, RowErrorView
from py360.modules.settings import api as settings

MAX_BYTES: Final = 2 << 20
SHOWN_ERRORS: Final = 100
SECONDS: Final = 20.0
# Headings as lists have them, in small letters without spaces, and the fields that they are.
COLUMNS: Final[Mapping[str, str]] = {
    "customername": "customerName",
    "name": "customerName",
    "phone": "customerPhone",
    "customerphone": "customerPhone",
    "mobile": "customerPhone",
    **dict.fromkeys(
        ("mobileno", "mobilenumber", "phoneno", "phonenumber", "contactno", "contactnumber"), "customerPhone"
    ),
    "email": "customerEmail",
    **dict.fromkeys(("emailid", "emailaddress"), "customerEmail"),
    "customeremail": "customerEmail",
    "dnctype": "dncType",
    "type": "dncType",
    "source": "dncSource",
    "dncsource": "dncSource",
    "reason": "reason",
}
HEADINGS: Final = ("Customer Name", "Phone", "Email", "DNC Type", "Source", "Reason")
_EXAMPLE: Final = ("Asha Rao", "+919800000001", "asha@example.com", "both", "customer", "Asked us to stop")
_INSERT: Final = """
insert into dnc_registry (client_id, customer_name, customer_phone, customer_email, dnc_type, dnc_source, reason,
  effective_date, created_by)
select %(client)s, e.name, e.phone, e.email, e.type, e.source, e.reason, e.effective, %(user)s
from jsonb_to_recordset(%(entries)s::jsonb) as e (name text, phone text, email text, type text, source text, reason text, effective date)
on conflict do nothing
"""


@dataclass(slots=True)
class Uploaded:
    """What became of the rows: added, on the registry already, or wrong."""

    total: int
    added: int = 0
    existing: int = 0
    errors: list[RowErrorView] = field(default_factory=list)
    failed: int = 0

    def to_public(self) -> BulkUploadView:
        """The API's answer."""
        words = f"{self.added} contacts were added, {self.existing} were on the registry already, {self.failed} rows are wrong."
        return {
            "total": self.total,
            "added": self.added,
            "existing": self.existing,
            "failed": self.failed,
            "errors": self.errors,
            "message": words,
        }


def template() -> str:
    """The columns with an example."""
    return ",".join(HEADINGS) + "\r\n" + ",".join(_EXAMPLE) + "\r\n"


async def add_list(session: AsyncSession, caller: Caller, filename: str, content: bytes) -> Uploaded:
    """Add the rows of a file that are right. Raises Invalid for a file that cannot be read or has other columns, TooLarge, and
    Conflict where bulk operations are switched off."""
    if not (await settings.get(session, caller.client_id, settings.Dnc)).bulk_operations_enabled:
        raise Conflict("Bulk operations are switched off in the settings of the registry.", code="bulk_switched_off")
    names, rows = await _read(filename, content)
    done = Uploaded(len(rows))
    found: list[Mapping[str, object]] = []
    for number, row in rows:
        values = {name: cell for name, cell in zip(names, row, strict=False) if name and cell}
        try:
            found.append(entries.columns_of(_entry(values)))
        except Invalid as refused:
            done.failed += 1
            if len(done.errors) < SHOWN_ERRORS:
                done.errors += [
                    {"row": number, "field": str(each["field"]), "message": str(each["message"])}
                    for each in refused.details
                ]
    params = {"client": caller.client_id, "user": caller.user_id, "entries": jsonb.dumps(found)}
    done.added = await db.execute(session, _INSERT, params) if found else 0
    done.existing = len(found) - done.added
    return done


async def _read(filename: str, content: bytes) -> tuple[list[str | None], list[tuple[int, list[str]]]]:
    """The fields of the columns, and the rows that are not blank as the sheet numbers them: the headings are row 1."""
    kind = filename.rpartition(".")[2].lower()
    if kind not in ("csv", "xlsx"):
        raise Invalid(
            "Send the list as a .csv or .xlsx file.", code="unknown_format", details=[_file("a .csv or .xlsx file")]
        )
    if len(content) > MAX_BYTES:
        raise TooLarge(f"A list has at most {MAX_BYTES >> 20} MB. Split it.")
    ended = await child.run("py360.modules.compliance.sheet", kind.encode() + b"\n" + content, SECONDS)
    if ended.crashed:
        raise Invalid(
            "The file could not be read. Save it again as CSV (UTF-8) or XLSX.",
            code="unreadable",
            details=[_file("cannot be read")],
        )
    read: list[list[str]] = orjson.loads(ended.output)
    headings = read[0] if read else []
    names = [COLUMNS.get("".join(filter(str.isalnum, heading.lower()))) for heading in headings]
    if not {"customerPhone", "customerEmail"} & set(names):
        raise Invalid(
            f"The list needs a column Phone or Email. Its columns are: {', '.join(HEADINGS)}.",
            code="columns_missing",
            details=[_file("no column Phone or Email in the first row")],
        )
    rows = [(number, row) for number, row in enumerate(read[1:], 2) if any(row)]
    if len(rows) > sheet.MAX_ROWS:
        raise TooLarge(f"A list has at most {sheet.MAX_ROWS:,} rows. Split it.")
    return names, rows


def _file(message: str) -> dict[str, str]:
    return {"field": "file", "message": message}


def _entry(values: Mapping[str, str]) -> DncIn:
    """A row as an entry; without a type it is what its addresses make it. Raises Invalid."""
    phone, email = values.get("customerPhone"), values.get("customerEmail")
    given: dict[str, str] = {**values}
    for name in ("dncType", "dncSource"):
        if name in given:
            given[name] = given[name].strip().lower()
    given.setdefault("dncType", "both" if phone and email else "phone" if phone else "email")
    try:
        return DncIn.model_validate(given)
    except ValidationError as error:
        details = [{"field": str(item["loc"][0]), "message": field_errors.words(item)} for item in error.errors()]
        raise Invalid(details=details) from error
