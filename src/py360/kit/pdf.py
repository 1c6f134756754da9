"""A table as a PDF, in the scripts of our thirteen languages. Others (Chinese, emoji) leave a gap.

fpdf2's own table measures each cell again and again: 5,000 rows took minutes. Here a column is measured once, a word when
it is new, and only text that is not Latin goes through the shaper (conjuncts, vowel signs, right to left).
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from fpdf import FPDF

FONTS: Final = Path(__file__).parent / "fonts"  # Noto, under the Open Font License beside them
LATIN: Final = "NotoSans"
SCRIPTS: Final = {  # where a script begins and ends in Unicode
    "Arabic": (0x0600, 0x06FF),
    "Devanagari": (0x0900, 0x097F),
    "Bengali": (0x0980, 0x09FF),
    "Gurmukhi": (0x0A00, 0x0A7F),
    "Gujarati": (0x0A80, 0x0AFF),
    "Oriya": (0x0B00, 0x0B7F),
    "Tamil": (0x0B80, 0x0BFF),
    "Telugu": (0x0C00, 0x0C7F),
    "Kannada": (0x0C80, 0x0CFF),
    "Malayalam": (0x0D00, 0x0D7F),
}
SIZE: Final = 6.5  # points
LINE: Final = 3.0  # millimetres
PAD: Final = 0.8
WIDEST: Final = 60.0
NARROWEST: Final = 8.0
MOST_LINES: Final = 12  # of one cell; what is longer ends in dots
MEASURED_ROWS: Final = 300


def table(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """The PDF; headings are on every page."""
    return _Table(headings, rows).draw(title)


def letter(title: str, greeting: str, fields: Sequence[tuple[str, str]], closing: str) -> bytes:
    """A letter of one page: a title, a greeting, what it states line by line, and a closing."""
    page = FPDF(format="A4")
    page.set_margin(25)
    others = _fonts_for((title, greeting, closing), *fields)
    for font in (LATIN, *others):
        page.add_font(font, fname=FONTS / f"{font}.ttf")
    page.add_page()
    page.set_font(LATIN, size=16)
    page.set_fallback_fonts(others)
    page.set_text_shaping(use_shaping_engine=bool(others))
    page.multi_cell(page.epw, 9, title, new_x="LMARGIN", new_y="NEXT")
    page.set_font(LATIN, size=11)
    page.ln(6)
    page.multi_cell(page.epw, 6, greeting, new_x="LMARGIN", new_y="NEXT")
    page.ln(4)
    for label, value in fields:
        top = page.get_y()
        page.multi_cell(60, 7, label, new_x="RIGHT", new_y="TOP")
        page.set_xy(page.l_margin + 60, top)
        page.multi_cell(page.epw - 60, 7, value, new_x="LMARGIN", new_y="NEXT")
    page.ln(6)
    page.multi_cell(page.epw, 6, closing, new_x="LMARGIN", new_y="NEXT")
    return bytes(page.output())


class _Table:
    def __init__(self, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        self.headings, self.rows = headings, rows
        self.page = FPDF(orientation="landscape", format="A3" if len(headings) > 12 else "A4")
        self.page.set_margin(10)
        self.page.set_auto_page_break(False)
        others = _fonts_for(headings, *rows)
        for font in (LATIN, *others):
            self.page.add_font(font, fname=FONTS / f"{font}.ttf")
        self.page.set_font(LATIN, size=SIZE)
        self.page.set_fallback_fonts(others)
        self.width = lru_cache(50_000)(self._width)
        self.widths = self._widths()
        self.lines = [
            lru_cache(5_000)(lambda text, at=at: self._lines(text, self.widths[at])) for at in range(len(headings))
        ]

    def draw(self, title: str) -> bytes:
        self._new_page(title)
        for row in self.rows:
            cells = [self.lines[at](text) for at, text in enumerate(row)]
            height = max(len(lines) for lines in cells) * LINE + PAD
            if self.page.get_y() + height > self.page.h - self.page.b_margin:
                self._new_page(title)
            self._row(cells, height)
        return bytes(self.page.output())

    def _new_page(self, title: str) -> None:
        self.page.add_page()
        self.page.set_font(LATIN, size=9)
        self._text(title, self.page.epw)
        self.page.set_x(self.page.l_margin)
        self.page.cell(self.page.epw, LINE, f"{self.page.page_no()}", align="R")
        self.page.set_xy(self.page.l_margin, self.page.get_y() + 2 * LINE)
        self.page.set_font(LATIN, size=SIZE)
        self.page.set_fill_color(230, 236, 245)
        cells = [self.lines[at](text) for at, text in enumerate(self.headings)]
        height = max(len(lines) for lines in cells) * LINE + PAD
        self.page.rect(self.page.l_margin, self.page.get_y(), sum(self.widths), height, style="F")
        self._row(cells, height)

    def _row(self, cells: Sequence[Sequence[str]], height: float) -> None:
        left, top = self.page.l_margin, self.page.get_y()
        for at, lines in enumerate(cells):
            for number, line in enumerate(lines):
                self.page.set_xy(left, top + PAD / 2 + number * LINE)
                self._text(line, self.widths[at])
            left += self.widths[at]
        self.page.set_draw_color(205, 212, 222)
        self.page.line(self.page.l_margin, top + height, left, top + height)
        self.page.set_xy(self.page.l_margin, top + height)

    def _text(self, text: str, width: float) -> None:
        if text:
            self.page.set_text_shaping(use_shaping_engine=not text.isascii())
            self.page.cell(width, LINE, text)
            self.page.set_text_shaping(use_shaping_engine=False)

    def _width(self, text: str) -> float:
        self.page.set_text_shaping(use_shaping_engine=not text.isascii())
        width: float = self.page.get_string_width(text) + 2 * self.page.c_margin
        self.page.set_text_shaping(use_shaping_engine=False)
        return width

    def _widths(self) -> list[float]:
        """Each column as wide as what is in it, within limits; together they fill the page."""
        wanted = []
        for at, head in enumerate(self.headings):
            texts = {row[at] for row in self.rows[:MEASURED_ROWS]} | set(head.split())
            widest = max((self.width(text) for text in texts), default=NARROWEST)
            wanted.append(min(max(widest, NARROWEST), WIDEST))
        return [width * self.page.epw / sum(wanted) for width in wanted]

    def _lines(self, text: str, width: float) -> list[str]:
        """A cell's text in lines that fit."""
        lines: list[str] = []
        for word in _pieces(text, width, self.width):
            if lines and self.width(f"{lines[-1]} {word}") <= width:
                lines[-1] = f"{lines[-1]} {word}"
            else:
                lines.append(word)
        if len(lines) > MOST_LINES:
            lines = [*lines[: MOST_LINES - 1], lines[MOST_LINES - 1][:-1] + "…"]
        return lines


def _fonts_for(*rows: Sequence[str]) -> list[str]:
    """The fonts that these texts need beside the Latin one."""
    signs = {ord(sign) for row in rows for text in row if not text.isascii() for sign in text}
    return [LATIN + script for script, (first, last) in SCRIPTS.items() if any(first <= sign <= last for sign in signs)]


def _pieces(text: str, width: float, measure: Any) -> list[str]:
    """The words of a text; those that are wider than the column are cut."""
    pieces = []
    for word in text.split():
        while len(word) > 1 and measure(word) > width:
            keep = max(1, int(len(word) * width / measure(word)))
            pieces.append(word[:keep])
            word = word[keep:]
        pieces.append(word)
    return pieces
