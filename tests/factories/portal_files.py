"""Files as insurers' portals export them: web pages and Excel 2003 XML."""

from collections.abc import Sequence
from html import escape
from typing import Any


def page_of(*lines: Sequence[Any], before: str = "", head: str = "") -> str:
    """A table as a grid of a portal writes it, in lower case and without closing its cells."""
    rows = "\n".join("<tr>" + "".join(f"<td class=xl24>{escape(str(cell))}" for cell in line) for line in lines)
    return f"{before}<html><head>{head}</head><body>\n<table border=1>{rows}</table></body></html>"


def book_of(*lines: Sequence[Any], more: str = "") -> str:
    """One sheet in the XML of Excel 2003; numbers as numbers, the rest as text."""

    def cell(value: Any) -> str:
        kind = "Number" if isinstance(value, int | float) else "String"
        return f'<Cell ss:StyleID="s21"><Data ss:Type="{kind}">{escape(str(value))}</Data></Cell>'

    rows = "".join(f"<Row>{''.join(map(cell, line))}</Row>" for line in lines)
    return (
        '<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"'
        ' xmlns:x="urn:schemas-microsoft-com:office:excel" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">'
        f'<Worksheet ss:Name="Renewals"><Table>{rows}</Table></Worksheet>{more}</Workbook>'
    )
