"""Workbooks under the password that Excel uses without asking, as it does where only a workbook's structure is protected.

[MS-OFFCRYPTO] 2.1.1 and [MS-XLS] 2.2.10 name that password; with any other the file is refused.
"""

import struct
from pathlib import Path
from typing import IO, Final, Protocol, cast

import msoffcrypto
from msoffcrypto.exceptions import DecryptionError, FileFormatError, InvalidKeyError

from py360.modules.uploads.reading.refusal import ENCRYPTED, Refused

_DEFAULT_PASSWORD: Final = "VelvetSweatshop"


class OfficeFile(Protocol):
    """What is used of the library's own class."""

    format: str

    def is_encrypted(self) -> bool:
        """Whether it has a password."""
        ...

    def load_key(self, *, password: str) -> None:
        """Try a password."""
        ...

    def decrypt(self, outfile: IO[bytes]) -> None:
        """Write it without the password."""
        ...


def office_file(file: IO[bytes]) -> OfficeFile | None:
    """A compound file as a document; None where it is none of Office's."""
    try:
        return cast(OfficeFile, msoffcrypto.OfficeFile(file))  # the library has no types
    except FileFormatError:
        return None


def unlock(office: OfficeFile, target: Path) -> None:
    """Write a workbook without its password. Raises Refused where it is not the one that everybody knows."""
    try:
        office.load_key(password=_DEFAULT_PASSWORD)
        with target.open("wb") as plain:
            office.decrypt(plain)
    except (
        InvalidKeyError,
        DecryptionError,
        NotImplementedError,
        ValueError,
        LookupError,
        AttributeError,
        struct.error,
    ):
        raise Refused(ENCRYPTED) from None
