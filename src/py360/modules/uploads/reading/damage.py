"""What parsers make of a damaged file, as one refusal in plain words."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from xml.etree import ElementTree
from xml.parsers import expat

import fastexcel
import python_calamine
from lxml import etree
from msoffcrypto.exceptions import FileFormatError, ParseError

from py360.modules.uploads.errors import Damaged

_DAMAGE: Final = (
    OSError, EOFError, ValueError, LookupError, AttributeError, NotImplementedError, RuntimeError, struct.error, zlib.error,
    zipfile.BadZipFile, ElementTree.ParseError, expat.ExpatError, python_calamine.CalamineError, fastexcel.FastExcelError,
    FileFormatError, ParseError, etree.LxmlError,
)  # fmt: skip


@contextmanager
def parsing() -> Iterator[None]:
    """Raise Damaged for what a parser raises; a parser in Rust may panic, which is no Exception to Python."""
    try:
        yield
    except _DAMAGE as error:
        raise Damaged from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise Damaged from error
        raise
