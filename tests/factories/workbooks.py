"""Workbooks in the forms that programs other than Excel write, part by part."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

PAYLOADS: Final = (
    Path(__file__).parents[1] / "payloads" / "workbooks"
)  # by LibreOffice; the .xlsb by hand after [MS-XLSB]
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_OFFICE: Final = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
_TABLE: Final = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
_TEXT: Final = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
_CALC: Final = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"


def zip_of(parts: Mapping[str, str | bytes]) -> bytes:
    """A zip file of these parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def letters(column: int) -> str:
    """The letters of a column below 676."""
    return chr(65 + column) if column < 26 else chr(64 + column // 26) + chr(65 + column % 26)


def cell(value: object, style: int = 0, kind: str = "") -> str:
    """A cell of `sheet_of`: text, number, or any kind with its raw value."""
    if kind:
        return f'<c s="{style}" t="{kind}"><v>{escape(str(value))}</v></c>'
    if isinstance(value, int | float):
        return f'<c s="{style}"><v>{value}</v></c>'
    return f'<c s="{style}" t="inlineStr"><is><t xml:space="preserve">{escape(str(value))}</t></is></c>'


def row_of(values: Sequence[object], number: int = 0, attributes: str = "") -> str:
    """A row; values that are XML of a cell already stay as they are, and `None` is left out."""
    cells = []
    for column, value in enumerate(values):
        if value is None:
            continue
        text = value if isinstance(value, str) and value.startswith("<c ") else cell(value)
        cells.append(text.replace("<c ", f'<c r="{letters(column)}{number}" ', 1) if number else text)
    place = f' r="{number}"' if number else ""
    return f"<row{place} {attributes}>{''.join(cells)}</row>"


def sheet_of(rows: str, behind: str = "") -> str:
    """A sheet of these rows."""
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData>{behind}</worksheet>'


def xlsx_parts(
    *sheets: str, formats: Sequence[str] = (), properties: str = "", workbook: str = "xl/workbook.xml"
) -> dict[str, str | bytes]:
    """The parts of a workbook of these sheets. `formats` are the display formats of styles 1, 2, ...; style 0 has none."""
    listed = "".join(f'<sheet name="Sheet{at}" sheetId="{at}" r:id="r{at}"/>' for at in range(1, len(sheets) + 1))
    relations = "".join(
        f'<Relationship Id="r{at}" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet{at}.xml"/>'
        for at in range(1, len(sheets) + 1)
    )
    codes = "".join(
        f'<numFmt numFmtId="{200 + at}" formatCode="{escape(code, {chr(34): "&quot;"})}"/>'
        for at, code in enumerate(formats)
    )
    styles = '<xf numFmtId="0"/>' + "".join(f'<xf numFmtId="{200 + at}"/>' for at in range(len(formats)))
    name = workbook.rpartition("/")[2]
    return {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="a" Type="{_RELATIONS}/officeDocument" Target="{workbook}"/></Relationships>',
        workbook: f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><workbookPr {properties}/><sheets>{listed}</sheets></workbook>',
        f"xl/_rels/{name}.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{relations}<Relationship Id="s" Type="{_RELATIONS}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><numFmts>{codes}</numFmts><cellXfs>{styles}</cellXfs></styleSheet>',
        **{f"xl/worksheets/sheet{at}.xml": sheet for at, sheet in enumerate(sheets, 1)},
    }


def ods_of(rows: str) -> bytes:
    """An OpenDocument spreadsheet of these rows, in the prefixes that programs use."""
    content = (
        f'<office:document-content xmlns:office="{_OFFICE}" xmlns:table="{_TABLE}" xmlns:text="{_TEXT}" xmlns:calcext="{_CALC}">'
        f'<office:body><office:spreadsheet><table:table table:name="Due">{rows}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>'
    return zip_of({"META-INF/manifest.xml": manifest, "content.xml": content})


def ods_cell(value: object, shown: str = "", attributes: str = "") -> str:
    """A cell of `ods_row`, shown as `shown`."""
    kind = (
        f'office:value-type="float" office:value="{value}"'
        if isinstance(value, int | float)
        else 'office:value-type="string"'
    )
    text = escape(shown or str(value))
    return f"<table:table-cell {kind} {attributes}><text:p>{text}</text:p></table:table-cell>"


def ods_row(values: Sequence[object], attributes: str = "") -> str:
    """A row; values that are XML of a cell already stay as they are."""
    cells = (
        value
        if isinstance(value, str) and value.startswith("<table:")
        else ods_cell(value)
        if value != ""
        else "<table:table-cell/>"
        for value in values
    )
    return f"<table:table-row {attributes}>{''.join(cells)}</table:table-row>"
