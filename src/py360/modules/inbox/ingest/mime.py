"""The bytes of a mail, read with the standard library in bounded size. Whatever is wrong with a mail, it is kept and shown.

A mail may nest parts without end or consist of a million of them. It is cut before it is parsed: the parser's work grows with
nesting times size, and every part is an object.
"""

import codecs
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from email.utils import getaddresses, parsedate_to_datetime
from typing import Final

from py360.modules.inbox.ingest.bounces import Bounce, bounces_in
from py360.modules.inbox.ingest.html import MAX_HTML, sanitized, text_of

MAX_TEXT: Final = 200_000  # characters of the text that are kept
MAX_BOUNDARIES: Final = 40  # how often a mail may begin a multipart or an enclosed mail
MAX_PARTS: Final = 1_000  # lines that look like the border of a part
MAX_FILES: Final = 100
MAX_LINES: Final = 400_000  # more than a mail of 25 MB has whose files are encoded as usual
MAX_HEAD: Final = 200_000  # bytes of headers
MAX_HEADER: Final = 20_000  # characters of one header
MAX_REPEATED: Final = 10  # headers of one name
MAX_ADDRESSES: Final = 200  # that are kept of To and of Cc
# Codecs of Python that no mail is written in: the work of these grows with the square of the text, or they bring escapes.
_NO_CHARSETS: Final = {"punycode", "idna", "raw_unicode_escape", "unicode_escape", "undefined"}
_FAULTS: Final = (ValueError, TypeError, LookupError, AttributeError, RecursionError, AssertionError, MessageError)


@dataclass(frozen=True, slots=True)
class MailPart:
    """A file in a mail."""

    name: str
    media_type: str
    content: bytes = field(repr=False)
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """A mail as it is stored. `problem` says in a sentence what could not be read of it."""

    message_id: str
    digest: str
    in_reply_to: str | None
    references: tuple[str, ...]
    from_email: str
    from_name: str
    reply_to: str | None
    to: tuple[str, ...]
    cc: tuple[str, ...]
    subject: str
    sent_at: datetime | None
    text: str = field(repr=False)
    html: str | None = field(repr=False)
    files: tuple[MailPart, ...]
    is_automatic: bool
    size: int
    problem: str | None
    bounces: tuple[Bounce, ...] = ()


def parse(raw: bytes, size: int | None = None) -> ParsedMail:
    """Read a mail. `size` is what the server says when `raw` is only its beginning. Raises nothing."""
    whole = size or len(raw)
    kept, problem = _cut(raw)
    if whole > len(raw):
        problem = f"The mail has {whole >> 20} MB. Only its beginning was read; open it in the mailbox for the rest."
    head = _head(raw)
    body = _Body()
    bounces: tuple[Bounce, ...] = ()
    try:
        message = BytesParser().parsebytes(kept)
        bounces = bounces_in(message)
        body.read(message)
    except _FAULTS as error:
        problem = f"The mail is damaged ({type(error).__name__}). What could be read is shown."
        body.text = body.text or _decoded(kept[kept.find(b"\n\n") + 2 :][:MAX_TEXT], None)
    html = sanitized(body.html) if body.html else None
    text = (body.text or (text_of(body.html) if body.html else "")).replace("\0", "")[:MAX_TEXT]
    senders = _addresses(head, "From")
    name, sender = senders[0] if senders else ("", "")
    to, cc = ([address for _, address in _addresses(head, name)] for name in ("To", "Cc"))
    if max(len(to), len(cc)) > MAX_ADDRESSES:
        problem = problem or f"The mail has more than {MAX_ADDRESSES} recipients. The first {MAX_ADDRESSES} are kept."
    digest = hashlib.sha256(_content(raw)).hexdigest()
    given = _ids(_text(head, "Message-ID"))
    if not sender:
        problem = problem or "The mail names no sender."
    return ParsedMail(
        message_id=(given[0] if given else f"<{digest[:40]}@no-message-id.invalid>"),
        digest=digest,
        in_reply_to=next(iter(_ids(_text(head, "In-Reply-To"))), None),
        references=tuple(_ids(_text(head, "References"))[-50:]),
        from_email=sender or "unknown",
        from_name=name[:255],
        reply_to=next((address for _, address in _addresses(head, "Reply-To")), None),
        to=tuple(to[:MAX_ADDRESSES]),
        cc=tuple(cc[:MAX_ADDRESSES]),
        subject=" ".join(_text(head, "Subject").split())[:998],
        sent_at=_date(_text(head, "Date")),
        text=text,
        html=html.replace("\0", "") if html else None,
        files=tuple(body.files),
        is_automatic=_is_automatic(head),
        size=whole,
        problem=problem or body.problem,
        bounces=bounces,
    )


def _cut(raw: bytes) -> tuple[bytes, str | None]:
    """As much of a mail as may be parsed, and why not all of it."""
    end, problem = len(raw), None
    lower = raw[: 4 << 20].lower()  # nesting is declared in the headers of parts
    for mark, most in ((b"boundary=", MAX_BOUNDARIES), (b"message/", MAX_BOUNDARIES), (b"\n--", MAX_PARTS)):
        place, count = lower.find(mark), 0
        while place >= 0 and count < most:
            place, count = lower.find(mark, place + 1), count + 1
        if 0 <= place < end:
            end, problem = place, "The mail has too many parts in one another. Only the first of them were read."
    if len(raw) > len(lower) and raw.count(b"\n--", len(lower)) > MAX_PARTS:
        end, problem = min(end, len(lower)), "The mail has too many parts. Only the first of them were read."
    if raw.count(b"\n") > MAX_LINES:
        lines = len(raw) - len(raw.split(b"\n", MAX_LINES)[-1])
        end, problem = min(end, lines), "The mail has too many lines. Only the first of them were read."
    if len(raw) - len(_content(raw)) > MAX_HEAD:
        end, problem = min(end, MAX_HEAD), "The headers of the mail are too long. Only their beginning was read."
    return raw[:end], problem


def _content(raw: bytes) -> bytes:
    """What is behind the headers: the same in every copy of a mail, whichever way it came."""
    for gap in (b"\r\n\r\n", b"\n\n"):
        place = raw.find(gap)
        if place >= 0:
            return raw[place + len(gap) :]
    return raw


def _head(raw: bytes) -> Message:
    body = _content(raw)
    end = len(raw) - len(body) if body is not raw else len(raw)
    try:
        return BytesHeaderParser().parsebytes(raw[: min(end, MAX_HEAD)])
    except _FAULTS:
        return Message()


@dataclass(slots=True)
class _Body:
    """The parts of a mail as they are found."""

    text: str = ""
    html: str = ""
    files: list[MailPart] = field(default_factory=list)
    problem: str | None = None

    def read(self, message: Message) -> None:
        for part in _leaves(message):
            media_type = part.get_content_type()
            name = _file_name(part)
            shown = part.get_content_disposition() != "attachment" and not name
            if shown and media_type == "text/plain" and len(self.text) < MAX_TEXT:
                self.text += ("\n" if self.text else "") + _decoded(_payload(part), part.get_content_charset())
            elif shown and media_type == "text/html" and len(self.html) < MAX_HTML:
                self.html += _decoded(_payload(part), part.get_content_charset())
            elif len(self.files) < MAX_FILES:
                content_id = str(part.get("Content-ID") or "").strip("<> ")[:255] or None
                self.files.append(
                    MailPart(name or f"part.{media_type.rpartition('/')[2]}", media_type, _payload(part), content_id)
                )
            else:
                self.problem = f"The mail has more than {MAX_FILES} attachments. The first {MAX_FILES} are kept."


def _leaves(message: Message) -> Iterator[Message]:
    """The parts that hold something, without recursion; an enclosed mail is one file."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        inner = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inner, list):
            waiting += [each for each in reversed(inner) if isinstance(each, Message)]
        else:
            yield part


def _payload(part: Message) -> bytes:
    inner = part.get_payload()
    if isinstance(inner, list):  # an enclosed mail
        return b"".join(each.as_bytes() for each in inner if isinstance(each, Message))
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def _decoded(content: bytes, charset: str | None) -> str:
    """Text of bytes whose charset may be wrong, unknown or none at all."""
    for name in (charset, "utf-8"):
        try:
            codec = codecs.lookup(name or "utf-8").name
            if codec.replace("-", "_") not in _NO_CHARSETS:
                return _plain(content.decode(codec))
        except (LookupError, ValueError):
            continue
    return content.decode("latin-1").replace("\0", "")


def _plain(text: str) -> str:
    """Text as PostgreSQL takes it: without NUL, and without halves of characters (UTF-7 can bring them)."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _file_name(part: Message) -> str:
    try:
        name = _words(part.get_filename() or "")
    except _FAULTS:
        name = ""
    return "".join(each for each in name if each >= " ").replace("/", "_").replace("\\", "_").strip(". ")[:200]


def _words(text: str) -> str:
    """A header's text with its encoded words (RFC 2047) decoded."""
    if "=?" not in text:
        return text
    try:
        parts = decode_header(text)
    except _FAULTS:
        return text
    return "".join(part if isinstance(part, str) else _decoded(part, charset) for part, charset in parts)


def _text(head: Message, name: str) -> str:
    return _words(next(iter(_values(head, name)), "")).replace("\0", "")


def _values(head: Message, name: str) -> list[str]:
    """A header each time that it is there; also in bytes that are no ASCII, as mails in UTF-8 have them (RFC 6532)."""
    found = [str(value)[:MAX_HEADER] for key, value in head.raw_items() if key.lower() == name.lower()]
    return [
        each if each.isascii() else _decoded(each.encode("utf-8", "surrogateescape"), None)
        for each in found[:MAX_REPEATED]
    ]


def _addresses(head: Message, name: str) -> list[tuple[str, str]]:
    """Names and addresses of a header, one more than `MAX_ADDRESSES` at most; addresses in lower case, on one line."""
    values = _values(head, name)
    try:
        found = [each for each in getaddresses(values) if "@" in each[1]]
    except _FAULTS:
        return []
    if not found:  # outside of the standard, as programs of spammers and some offices write it
        found = [_loose_address(each) for value in values for each in value.split(",")[:MAX_ADDRESSES]]
    return [
        (" ".join(_words(shown).replace("\0", "").split()), " ".join(address.lower().replace("\0", "").split())[:255])
        for shown, address in found[: MAX_ADDRESSES + 1]
        if "@" in address
    ]


def _loose_address(text: str) -> tuple[str, str]:
    shown, _, rest = text.rpartition("<")
    return shown.strip(' "'), rest.partition(">")[0].strip()


def _ids(text: str) -> list[str]:
    """The message ids of a header, each in its angle brackets and short enough to be stored."""
    found = []
    for word in text.replace("><", "> <").split():
        bare = word.strip("<>,;\"'")
        if bare:
            made = f"<{bare}>"
            found.append(made if len(made) <= 240 else f"<{hashlib.sha256(made.encode()).hexdigest()}@long.invalid>")
    return found


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (*_FAULTS, OverflowError):
        return None


def _is_automatic(head: Message) -> bool:
    """Whether a program wrote it (RFC 3834): an absence note, a bounce, a list."""
    if _text(head, "Return-Path").strip() == "<>" or _text(head, "Content-Type").lower().startswith("multipart/report"):
        return True
    submitted = _text(head, "Auto-Submitted").strip().lower()
    precedence = _text(head, "Precedence").strip().lower()
    return (
        (bool(submitted) and submitted != "no")
        or precedence in {"bulk", "junk", "auto_reply", "list"}
        or ("X-Autoreply" in head or "X-Auto-Response-Suppress" in head)
    )


_LONGEST_NAME: Final = 20  # letters of a header's name
_QUOTES: Final = ("________________________________", "from: ")
_BEHIND_DASHES: Final = ("original message", "forwarded")


def own_words(text: str) -> str:
    """What the writer added above, below or between the lines of the quoted mail, without their signature."""
    kept: list[str] = []
    lines = text.splitlines()
    place = 0
    while place < len(lines):
        bare = lines[place].strip()
        if bare == "--" or (any(kept) and (_begins_quote(bare.lower()) or _begins_headers(lines, place))):
            break
        taken = _introduction(lines, place)
        if taken and not _are_marked(lines[place + taken :]):
            break  # everything below it is quoted
        if not taken and not bare.startswith(">"):
            kept.append(lines[place])
        place += taken or 1
    return "\n".join(kept).strip()


def _begins_quote(lower: str) -> bool:
    """Whether a quoted mail follows: `-----Original Message-----`, `---- On Thu, 26 Nov 2026, Office wrote ----` (Zoho)."""
    inner = lower.strip("- ") if lower.startswith("---") else ""
    return lower.startswith(_QUOTES) or inner.startswith(_BEHIND_DASHES) or inner.endswith("wrote")


def _introduction(lines: Sequence[str], place: int) -> int:
    """How many lines say whose mail follows, in whichever language: `On Thu, 26 Nov 2026, Office <office@example.in> wrote:`."""
    lower = lines[place].strip().lower()
    if (
        lower.endswith(("wrote:", "ने लिखा:"))
        or (lower.startswith("on ") and "wrote:" in lower)
        or (lower.endswith(":") and "<" in lower and "@" in lower)
    ):
        return 1
    nearby = [each.strip().lower() for each in lines[place : place + 3]]
    if lower.startswith(("on ", "le ", "am ", "el ")) and (end := _place_of_colon(nearby)) is not None:
        return end + 1
    return 0


def _place_of_colon(nearby: Sequence[str]) -> int | None:
    """Where an introduction ends that is broken over lines: at a colon behind an address, or at "wrote:"."""
    joined = ""
    for place, line in enumerate(nearby):
        joined += " " + line
        if line.endswith(":") and ("@" in joined or line.endswith("wrote:")):
            return place
        if not line:
            return None
    return None


def _are_marked(lines: Sequence[str]) -> bool:
    """Whether the first lines that say something are marked as quoted."""
    return next((line.lstrip().startswith(">") for line in lines if line.strip()), False)


def _begins_headers(lines: Sequence[str], place: int) -> bool:
    """Whether the headers of the quoted mail begin here, as Outlook writes them in each language: two lines of `Von: ...`."""
    first, *others = (line.strip().strip("*") for line in lines[place : place + 2])
    return (
        bool(others)
        and "<" in first
        and "@" in first
        and all(0 < line.find(":") < _LONGEST_NAME for line in (first, *others))
    )
