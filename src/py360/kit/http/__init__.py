"""The edge: FastAPI is known here, in routes and in access files, and nowhere else.

- `routes`: the one way to declare a route, and what happens to a request before its handler runs;
- `access`: who may call it; `parameters`: what its query may hold; `body`: how much of a body is read;
- `idempotency`: the same request twice; `params`: what a handler is given; `audit`: the line that a change leaves;
- `answers`: what it answers, and how that is described; `problems`: what goes wrong; `headers`: what every answer carries;
- `openapi`: the description of the API.
"""

from py360.kit.http.access import SAFE_METHODS, CallerWith, Public, SignedIn, caller_with
from py360.kit.http.answers import JSON, Answer, AsFile, Message, Pagination, attached, download, files, listed, ok
from py360.kit.http.params import Cursor, DbReads, IfMatch, PageParams, Res, Search, Session, Sort, etag, page_params
from py360.kit.http.problems import install
from py360.kit.http.routes import Route, Router

__all__ = [
    "JSON", "SAFE_METHODS", "Answer", "AsFile", "CallerWith", "Cursor", "DbReads", "IfMatch", "Message", "PageParams",
    "Pagination", "Public", "Res", "Route", "Router", "Search", "Session", "SignedIn", "Sort", "attached", "caller_with", "download",
    "etag", "files", "install", "listed", "ok", "page_params",
]  # fmt: skip
