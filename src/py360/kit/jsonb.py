"""Values as PostgreSQL's jsonb takes them, whatever strangers wrote into them.

jsonb knows no NUL and no half of a character (https://www.postgresql.org/docs/18/datatype-json.html); a vendor's answer, a mail
or a line of a file may hold either, and the row beside it shall not suffer.
"""

import orjson

from py360.kit import free_json

_NUL = "\\u0000"


def dumps(value: object) -> str:
    """The value as JSON text without NULs; what JSON cannot hold is marked. Money, dates and the like are texts."""
    try:
        text = orjson.dumps(value, default=str).decode()
    except orjson.JSONEncodeError:
        text = orjson.dumps(free_json.writable(value), default=str).decode()
    if _NUL not in text:
        return text
    # A backslash that somebody wrote stands doubled: set aside, as a character that JSON text never has, what is left is an escape.
    return text.replace("\\\\", "\0").replace(_NUL, "").replace("\0", "\\\\")
