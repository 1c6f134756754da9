"""What an installation accepts as a policy file; every limit can be set."""

from functools import lru_cache

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

MEGABYTE = 1 << 20


class UploadSettings(BaseSettings):
    """Limits of the import."""

    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", extra="ignore", populate_by_name=True)

    max_workbook_bytes: int = Field(
        50 * MEGABYTE, validation_alias="UPLOAD_MAX_SIZE", description="Largest workbook accepted, in bytes."
    )
    max_text_bytes: int = Field(
        1024 * MEGABYTE,
        validation_alias="PY360_UPLOAD_MAX_TEXT_SIZE",
        description="Largest CSV or TSV accepted, in bytes.",
    )
    max_unpacked_bytes: int = Field(
        1024 * MEGABYTE,
        validation_alias="PY360_UPLOAD_MAX_UNPACKED",
        description="Largest content of a zipped workbook, in bytes, checked before it is parsed.",
    )
    max_cells: int = Field(
        5_000_000,
        validation_alias="PY360_UPLOAD_MAX_CELLS",
        description="Most cells of a workbook's sheet that hold something.",
    )
    read_memory_bytes: int = Field(
        1024 * MEGABYTE,
        validation_alias="PY360_UPLOAD_READ_MEMORY",
        ge=256 * MEGABYTE,
        description="Memory of the process in which one file is read, in bytes; two at most run at a time.",
    )
    read_seconds: int = Field(
        120,
        validation_alias="PY360_UPLOAD_READ_SECONDS",
        ge=1,
        description="Computing time in which one file is read; on the clock it may take twice as long.",
    )
    max_rows: int = Field(1_000_000, validation_alias="PY360_UPLOAD_MAX_ROWS", description="Most rows of one file.")
    chunk_rows: int = Field(
        25_000, validation_alias="PY360_UPLOAD_CHUNK_ROWS", description="Rows that are merged at a time."
    )
    partitions: int = Field(
        2,
        validation_alias="PY360_UPLOAD_PARTITIONS",
        ge=1,
        le=16,
        description="Database connections that merge one file at the same time.",
    )
    count_now_rows: int = Field(
        25_000,
        validation_alias="PY360_UPLOAD_COUNT_NOW_ROWS",
        description="Files up to this many rows are counted exactly while the caller waits.",
    )
    tus_expiry_hours: int = Field(
        24, validation_alias="PY360_UPLOAD_RESUME_HOURS", description="How long an unfinished resumable upload is kept."
    )
    tus_open_uploads: int = Field(
        10,
        validation_alias="PY360_UPLOAD_RESUME_MOST",
        ge=1,
        description="Most unfinished resumable uploads of one user.",
    )
    tus_open_bytes: int = Field(
        2048 * MEGABYTE,
        validation_alias="PY360_UPLOAD_RESUME_BYTES",
        description="Most bytes that the unfinished resumable uploads of one user may have together.",
    )


SETTINGS = UploadSettings  # for `.env.example`


@lru_cache(maxsize=1)
def upload_settings() -> UploadSettings:
    """The limits of this process."""
    return UploadSettings()
