"""What a file is, by its first bytes and not by its name. Nothing is unpacked or parsed here.

Sources: the formats' own signatures, as https://en.wikipedia.org/wiki/List_of_file_signatures lists them.
"""

from typing import Final

from py360.kit.errors import UnsupportedType

_SIGNATURES: Final = (
    (b"%PDF-", "application/pdf"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)
_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
# The part that makes a zip archive a Word, Excel or PowerPoint document; names in an archive are not compressed.
_PARTS: Final = (
    (b"word/document.xml", _OFFICE + "wordprocessingml.document"),
    (b"xl/workbook.xml", _OFFICE + "spreadsheetml.sheet"),
    (b"ppt/presentation.xml", _OFFICE + "presentationml.presentation"),
)
_MACROS: Final = b"vbaProject.bin"
ENDINGS: Final = {
    "application/pdf": (".pdf",),
    "image/jpeg": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "image/png": (".png",),
    "image/gif": (".gif",),
    "image/tiff": (".tif", ".tiff"),
    "image/webp": (".webp",),
    "image/heic": (".heic", ".heif"),
    _PARTS[0][1]: (".docx",),
    _PARTS[1][1]: (".xlsx",),
    _PARTS[2][1]: (".pptx",),
    "text/plain": (".txt", ".csv", ".eml", ".log"),
}
ACCEPTED: Final = "PDF, JPEG, PNG, GIF, TIFF, WebP, HEIC, Word (docx), Excel (xlsx), PowerPoint (pptx) and plain text"


def media_type(content: bytes) -> str:
    """The media type of a document; raises UnsupportedType, naming what is accepted."""
    for signature, kind in _SIGNATURES:
        if content.startswith(signature):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content[4:8] == b"ftyp" and content[8:12] in (b"heic", b"heix", b"mif1", b"heim", b"heis"):
        return "image/heic"
    if content.startswith(b"PK\x03\x04"):
        return _office_type(content)
    if _is_text(content):
        return "text/plain"
    raise UnsupportedType(f"This type of file is not accepted. Send one of: {ACCEPTED}.", code="file_type_not_accepted")


def _office_type(content: bytes) -> str:
    if _MACROS in content:
        raise UnsupportedType(
            "This document has macros, which are not accepted. Save it without macros, or as PDF.",
            code="file_has_macros",
        )
    for part, kind in _PARTS:
        if part in content:
            return kind
    raise UnsupportedType("Archives are not accepted. Send the documents one by one.", code="archive_not_accepted")


def _is_text(content: bytes) -> bool:
    """Text in UTF-8 without control characters, and no markup that a browser would run."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    if any(ord(char) < 32 and char not in "\t\r\n\f" for char in text):
        return False
    begins = text[:1000].lstrip().lower()
    return not begins.startswith(("<!doctype", "<html", "<svg", "<?xml", "<script", "#!"))


def fitting_name(name: str, kind: str) -> str:
    """The name with an ending that fits the type: `scan.exe` that is a PDF is downloaded as `scan.exe.pdf`."""
    endings = ENDINGS[kind]
    return name if name.lower().endswith(endings) else f"{name[:240]}{endings[0]}"
