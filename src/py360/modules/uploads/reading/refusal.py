"""Why a file is not read: a code that the caller of `open_table` turns into a problem of the API. Runs in the child process."""

from typing import Final

WRONG_TYPE: Final = "wrong_file_type"
EMPTY: Final = "empty_file"
ENCRYPTED: Final = "encrypted_workbook"
MACRO_SHEETS: Final = "macro_sheets"
DAMAGED: Final = "damaged_file"
NO_HEADER: Final = "no_header"
TOO_LARGE: Final = "file_too_large"
UNPACKED_TOO_LARGE: Final = "unpacked_too_large"
TOO_MANY_ROWS: Final = "too_many_rows"
TOO_MANY_COLUMNS: Final = "too_many_columns"
TOO_MANY_CELLS: Final = "too_many_cells"
TOO_MANY_PARTS: Final = "too_many_parts"
TOO_MUCH_MEMORY: Final = "reading_needs_too_much_memory"
TOO_SLOW: Final = "reading_takes_too_long"


class Refused(Exception):
    """The file is not read. Without a message the code's own sentence is shown."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(code)
        self.code, self.message = code, message
