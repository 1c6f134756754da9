"""Why a file or a call is refused, in words a renewals officer can act on."""

from py360.kit.errors import Conflict, Invalid, TooLarge, UnsupportedType


class WrongType(UnsupportedType):
    """This is not a workbook or a text table. Upload .xlsx, .xlsm, .xls, .xlsb, .ods, .csv or .tsv."""

    default_code = "wrong_file_type"


class EmptyFile(Invalid):
    """This file holds no rows. Choose the file with the policies in it."""

    default_code = "empty_file"


class Encrypted(Invalid):
    """This workbook is protected by a password. Save it without the password, then upload it again."""

    default_code = "encrypted_workbook"


class MacroSheets(Invalid):
    """This workbook holds macro sheets (Excel 4.0 macros), which we do not keep. In Excel choose Save As, Excel Workbook (.xlsx), and upload that."""

    default_code = "macro_sheets"


class Damaged(Invalid):
    """This file is damaged and cannot be read. Open it in your spreadsheet program, save it again and upload that."""

    default_code = "damaged_file"


class NoHeader(Invalid):
    """No row of column headings was found. One row must name the columns, such as Policy No., Insured Name, Mobile No."""

    default_code = "no_header"


class FileTooLarge(TooLarge):
    """This file is larger than we accept. Split it and upload the parts."""

    default_code = "file_too_large"


class SameFile(Conflict):
    """This very file was uploaded before. To import it again anyway, send it with force=true."""

    default_code = "same_file"
