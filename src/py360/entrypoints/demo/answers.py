"""What the demo reads of the API's answers: their fields by name, amounts as Decimal."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

Amount = Annotated[Decimal, BeforeValidator(str)]  # a number in JSON; by its text, so that 0.1 stays 0.1


class Read(BaseModel):
    """Base: camelCase in the answer, and fields that the demo does not read."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)


class ImportedFile(Read):
    """The end of an import, by `GET /upload/status/{id}`."""

    upload_id: str
    original_filename: str
    total_records: int
    successful_records: int
    failed_records: int
    new_records: int
    changed_records: int
    unchanged_records: int


class Recipient(BaseModel):
    """A line of a campaign's report; moments as text, empty for what did not happen."""

    campaign_id: str = Field(alias="Campaign ID")
    case_id: str = Field(alias="Case ID")
    status: str = Field(alias="Status")
    sent_at: str = Field(alias="Sent At")
    delivered_at: str = Field(alias="Delivered At")
    opened_at: str = Field(alias="Opened At")
    clicked_at: str = Field(alias="Clicked At")


class ClosedCase(Read):
    """A row of `GET /cases/closed`."""

    id: str
    closed_date: datetime
    renewal_amount: Amount | None  # none on a case that was opened by hand


class CasePayment(Read):
    """A row of a case's payment history."""

    captured_amount: Amount
    captured_at: datetime | None
