"""Untrusted texts are read in linear time: where `re` is used, there is a reason why its backtracking cannot hurt."""

import ast
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import polars as pl
import pytest

from py360.kit import field_errors
from py360.kit.errors import Invalid
from py360.modules.cases.queries.search import term_params
from py360.modules.cases.service.message import PLACEHOLDER
from py360.modules.cases.statuses import status_code
from py360.modules.compliance.contacts import contact_key, writable
from py360.modules.messaging.engagement import keywords
from py360.modules.messaging.engagement.link_scanners import is_machine
from py360.modules.templates.compiler.syntax import unify
from py360.modules.uploads.headings import heading_key
from py360.modules.uploads.importer.cells import amounts, contacts, dates, texts
from py360.modules.uploads.reading.formats.number_formats import NumberFormats, shown_if_identifier
from tests.house.source import files

_ONE_CLASS: Final = "one repetition of one class of letters, and nothing behind it that could fail"
_OF_TAGS: Final = "each pattern begins at a `<` and its repetitions end at the next `<` or quote"

# The files that may import `re`, and why a text made for it does not make them slow.
ALLOWED: Final = {
    "modules/payments/statements/columns.py": "cells of at most 500 letters; no pattern repeats what repeats",
    "console/pages/messages/sandbox.py": "over our offices' own templates; its repetitions end at the word and at the next brace",
    "console/render.py": _ONE_CLASS,
    "console/sentences.py": "sentences of our own API, of at most 2,000 letters; no more than two repetitions",
    "console/listing.py": "only over the links of our own columns; one repetition of one class between braces",
    "entrypoints/gateway.py": "only over the paths of our own routes",
    "kit/card_numbers.py": "every repetition is of digits and has a limit: at most 24 letters are looked at from each place",
    "kit/export.py": "messages of a library, and cells by fullmatch with repetitions kept apart by the point",
    "kit/listing.py": "only over names of our own fields; without repetition",
    "kit/migrate.py": "only over our own SQL",
    "kit/storage.py": "only over messages of a library",
    "modules/cases/queries/search.py": _ONE_CLASS,
    "modules/cases/service/message.py": "begins at a bracket; fixed words stand between its repetitions of spaces",
    "modules/cases/statuses.py": _ONE_CLASS,
    "modules/compliance/contacts.py": "anchored at the start, of a fixed length",
    "modules/identity/passwords.py": _ONE_CLASS,
    "modules/identity/service/roles.py": _ONE_CLASS,
    "modules/messaging/engagement/link_scanners.py": "fixed words, without repetition",
    "modules/messaging/vendors/meta.py": _ONE_CLASS,
    "modules/uploads/headings.py": "fixed letters and a look at the neighbours, without repetition",
    "modules/uploads/importer/columns.py": "fixed words at the start of a word, one of which may go on to its end",
    "modules/uploads/importer/mapping.py": "at most four digits behind a bracket",
    "modules/uploads/reading/formats/delimited.py": "anchored at the start of one line; one repetition",
    "modules/uploads/reading/formats/html.py": "every repetition has a limit of at most 40",
    "modules/uploads/reading/formats/number_formats.py": (
        "codes of at most 255 letters; shown texts by a pattern whose parts begin with different letters"
    ),
    "modules/uploads/reading/formats/ooxml.py": "of a fixed length",
    "modules/uploads/reading/formats/shared_strings.py": _OF_TAGS,
    "modules/uploads/reading/formats/xlsx.py": _OF_TAGS,
    "modules/uploads/reading/formats/xlsx_rows.py": _OF_TAGS,
    "modules/uploads/reading/header.py": "texts of at most 60 letters, by one class of letters",
    "modules/uploads/reading/kinds.py": "anchored, and every repetition has a limit of at most 40",
    "modules/uploads/reading/macros.py": "cuts at one letter, without repetition",
    "sandbox/meta.py": "a stand-in for tests; braces stand around its repetitions",
    "sandbox/pages.py": "a stand-in for tests; one repetition of one class behind fixed letters",
    "sandbox/twilio.py": "a stand-in for tests; at most 15 digits",
    "sandbox/twilio_voice.py": "a stand-in for tests; each repetition is of a class that excludes what follows it",
}


def _imports_re(tree: ast.Module) -> bool:
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return "re" in names | {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


def test_whoever_uses_re_says_why_it_is_harmless() -> None:
    users = {path for path, tree, _ in files() if _imports_re(tree)}
    new = sorted(users - ALLOWED.keys())
    assert not new, (
        f"{', '.join(new)}: `re` backtracks, so a stranger's text can hold a process for hours."
        " Use google-re2 or plain code, or say in ALLOWED why no text can do that here."
    )
    gone = sorted(ALLOWED.keys() - users)
    assert not gone, f"{', '.join(gone)}: no longer imports `re`; take it out of ALLOWED."


def _column(read: Callable[[pl.Series], object]) -> Callable[[str], object]:
    return lambda text: read(pl.Series("texts", [text], dtype=pl.String))


def _field_named(text: str) -> str:
    return field_errors.field({"type": "missing", "msg": "", "loc": ("body", text)})


READERS: Final[dict[str, Callable[[str], Any]]] = {
    "answers": keywords.meaning,
    "templates": unify,
    "placeholders": lambda text: PLACEHOLDER.sub("", text),
    "headings": heading_key,
    "amounts": _column(amounts.rupees),
    "dates": _column(lambda column: dates.parse(column, dates.Order.DAY_FIRST)),
    "mails": _column(contacts.emails),
    "identifiers": _column(texts.identifier),
    "addresses": lambda text: (writable("email", text), contact_key("sms", text)),
    "statuses": status_code,
    "searches": lambda text: term_params([text]),
    "fields": _field_named,
    "browsers": lambda text: is_machine({"user-agent": text}),
    "formats": NumberFormats().of_code,
    "shown numbers": lambda text: shown_if_identifier("1", text + "1"),
}
MADE_TO_BE_SLOW: Final = {
    "spaces": " " * 100_000 + "x",
    "lines": "x" + "\n" * 100_000 + "x",
    "dashes": "-" * 100_000 + "\n\n",
    "letters": "a" * 100_000 + "!",
    "digits": "1" * 100_000 + "x",
    "points": "1." * 50_000 + "x",
    "at signs": "a@" * 50_000 + "!",
    "open brackets": "[" * 100_000,
    "closing brackets": "(" + ")" * 100_000 + "x",
    "brackets and spaces": "[ payment " * 10_000 + "x",
    "braces": "{" * 100_000,
    "values": "{{ a " * 20_000,
    "quotes": '"' * 99_999,
    "zeros": "1." + "0" * 100_000 + "x",
}


@pytest.mark.parametrize("text", MADE_TO_BE_SLOW.values(), ids=MADE_TO_BE_SLOW.keys())
@pytest.mark.parametrize("read", READERS.values(), ids=READERS.keys())
def test_a_text_made_to_be_slow_is_read_to_its_end(read: Callable[[str], Any], text: str) -> None:
    """It may be refused; one that is not done never comes back."""
    with suppress(Invalid):
        read(text)
