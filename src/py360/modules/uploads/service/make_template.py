"""The template workbook: our columns with their rules, lists to choose from, and one example row."""

import io
from functools import cache
from typing import Final

import xlsxwriter

from py360.modules.uploads.fields import DATES, FIELDS

FILENAME: Final = "policy_upload_template.xlsx"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ROWS: Final = 10_000  # how far down the lists to choose from reach


@cache
def workbook() -> bytes:
    """The template's bytes; made once."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    sheet, rules = book.add_worksheet("Policies"), book.add_worksheet("Columns")
    bold = book.add_format({"bold": True, "bg_color": "#E6ECF5"})
    needed = book.add_format({"bold": True, "bg_color": "#F9E4C8"})
    text, day = book.add_format({"num_format": "@"}), book.add_format({"num_format": "dd/mm/yyyy"})
    for column, heading in enumerate(("Column", "Required", "What it may hold", "Also understood as")):
        rules.write(0, column, heading, bold)
    for column, field in enumerate(FIELDS):
        sheet.write(0, column, field.heading, needed if field.required else bold)
        sheet.write_comment(0, column, field.rule)
        sheet.set_column(column, column, max(14, len(field.heading) + 4), day if field.name in DATES else text)
        if field.example:
            sheet.write_string(1, column, field.example)
        if field.choices:
            sheet.data_validation(
                1, column, _ROWS, column, {"validate": "list", "source": list(field.choices), "ignore_blank": True}
            )
        rules.write_row(
            column + 1, 0, (field.heading, "yes" if field.required else "", field.rule, ", ".join(field.synonyms[:6]))
        )
    rules.set_column(0, 1, 20)
    rules.set_column(2, 3, 70)
    sheet.freeze_panes(1, 0)
    book.close()
    return buffer.getvalue()
