"""A module run as a process of its own (`kit.child`): the text of a document, page by page.

Request: a line `pdf`, `docx` or `text`, then the bytes. Answer: JSON, a list of pages, each a text; or an object with the
`problem` in words; a document that breaks a library ends the process with an error. Memory and computing time are limited before the document is touched.
"""

import io
import json
import resource
import sys
from typing import Final

MEMORY: Final = 1_500 << 20  # bytes of address space
SECONDS: Final = 60
MOST_PAGES: Final = 2_000
MOST_CHARACTERS: Final = 4_000_000
_PAGE_OF_TEXT: Final = 3_000  # characters: texts without pages get some, to be cited by


class Unreadable(Exception):
    """The document cannot be used; the message says why."""


def pages_of(kind: str, content: bytes) -> list[str]:
    """The text of each page; raises Unreadable."""
    pages = _READERS[kind](content)
    if sum(map(len, pages)) > MOST_CHARACTERS:
        raise Unreadable(f"The document has more than {MOST_CHARACTERS:,} characters. Split it.")
    if not any(page.strip() for page in pages):
        raise Unreadable("The document holds no text; a scanned one must be made searchable first.")
    return [page.replace("\x00", "").encode("utf-8", "replace").decode() for page in pages]  # as the database takes it


def _pdf(content: bytes) -> list[str]:
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(content))
    if reader.is_encrypted and not reader.decrypt(""):
        raise Unreadable("The document is protected by a password.")
    if len(reader.pages) > MOST_PAGES:
        raise Unreadable(f"The document has more than {MOST_PAGES:,} pages. Split it.")
    return [page.extract_text() or "" for page in reader.pages]


def _docx(content: bytes) -> list[str]:
    from docx import Document

    document = Document(io.BytesIO(content))
    tables = [" | ".join(cell.text for cell in row.cells) for table in document.tables for row in table.rows]
    return _in_pages("\n".join([*(paragraph.text for paragraph in document.paragraphs), *tables]))


def _text(content: bytes) -> list[str]:
    try:
        return _in_pages(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Unreadable("The text is not UTF-8. Save it as UTF-8 and add it again.") from error


def _in_pages(text: str) -> list[str]:
    pages, page = [], ""
    for paragraph in text.split("\n"):
        if page and len(page) + len(paragraph) > _PAGE_OF_TEXT:
            pages.append(page)
            page = ""
        page += paragraph + "\n"
    return [*pages, page]


_READERS: Final = {"pdf": _pdf, "docx": _docx, "text": _text}


def _main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    kind = sys.stdin.buffer.readline().decode().strip()
    try:
        answer: object = pages_of(kind, sys.stdin.buffer.read())
    except Unreadable as error:
        answer = {"problem": str(error)}
    except MemoryError:
        answer = {"problem": "The document needs too much memory to be read."}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    _main()
