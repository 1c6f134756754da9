"""What callers say about a file."""

from typing import Annotated, Literal

from pydantic import Field

from py360.kit.wire import AS_CODE, Schema

Status = Annotated[Literal["processing", "needs_input", "completed", "failed", "cancelled", "undone", "all"], AS_CODE]


class MappingIn(Schema):
    """Answers to the questions about a file, or a mapping given in advance."""

    columns: dict[str, str] = Field(
        {}, description="Our column -> the heading in the file, e.g. policy_number: Policy No."
    )
    date_orders: dict[str, Literal["DMY", "MDY"]] = Field(
        {}, description="Our date column -> DMY (day first) or MDY (month first)"
    )
    values: dict[str, str] = Field(
        {}, description="Our column -> one value for every row, where the file has no such column"
    )
    date_cells: dict[str, Literal["keep", "swap"]] = Field(
        {},
        description="Our date column -> swap, where a spreadsheet program took the day for the month in the dates it could read",
    )
    rows: dict[Literal["hidden", "status"], Literal["import", "leave"]] = Field(
        {},
        description="What becomes of rows that a filter hides, and of policies marked as cancelled, renewed or lapsed",
    )


class MetadataIn(MappingIn):
    """The `metadata` part of an upload."""

    description: str | None = Field(None, max_length=1000)
    force: bool = Field(False, description="Import the file although the very same file was imported before")
    import_policy: Literal["accept_valid", "all_or_nothing"] = Field(
        "accept_valid",
        description="accept_valid takes the good rows; all_or_nothing takes the file only without failed rows",
    )


class ChunkedIn(Schema):
    """A file that is sent in chunks: its name, its size in bytes, and the metadata of any upload."""

    filename: Annotated[str, Field(min_length=1, max_length=255)]
    size: Annotated[int, Field(ge=1)]
    metadata: MetadataIn = Field(default_factory=lambda: MetadataIn())
