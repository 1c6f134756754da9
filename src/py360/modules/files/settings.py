"""What an installation accepts as a document."""

from functools import lru_cache

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

MEGABYTE = 1 << 20


class FileSettings(BaseSettings):
    """Limits of documents."""

    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", extra="ignore", populate_by_name=True)

    max_file_bytes: int = Field(
        15 * MEGABYTE,
        validation_alias="PY360_FILES_MAX_SIZE",
        ge=1 * MEGABYTE,
        le=64 * MEGABYTE,
        description="Largest document accepted, in bytes.",
    )
    max_files_per_record: int = Field(
        200,
        validation_alias="PY360_FILES_MOST_PER_RECORD",
        ge=1,
        le=10_000,
        description="Most documents of one case, customer, policy or other record.",
    )


SETTINGS = FileSettings  # for `.env.example`


@lru_cache(maxsize=1)
def file_settings() -> FileSettings:
    """The limits of this process."""
    return FileSettings()
