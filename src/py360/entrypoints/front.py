"""The page at the root of the host, which says where to go, and the description of the API in Swagger UI.

Swagger UI is in the folder `static` as its makers package it, so that the description opens without the internet.
"""

from pathlib import Path
from typing import Final

from fastapi import Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse

from py360.kit import http
from py360.kit.errors import NotFound
from py360.kit.http.answers import is_opened_by_a_person
from py360.kit.pages import Language, Pages

DOCS: Final = "/api/docs"
OPENAPI: Final = "/api/openapi.json"
CONSOLE: Final = "/console"
PLACES: Final = {
    "console": CONSOLE,
    "docs": DOCS,
    "openapi": OPENAPI,
    "health": "/api/health",
    "guide": "docs/integration.md",
}

_HERE: Final = Path(__file__).parent
_PAGES: Final = Pages(_HERE, "front")
# The folder; another version has another address, so that nobody keeps an old one.
_SWAGGER: Final = "swagger-ui-5.35.0"
_TYPES: Final = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}
_A_YEAR: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
_NO_ICON: Final = "data:,"

router = http.Router("", dependencies=[http.Public], include_in_schema=False)


@router.get("/")
@router.get("/api")
@router.get("/api/")
async def front(request: Request) -> Response:
    """Where to go from here: for people the console, and under /api a page; the addresses for programs."""
    is_page = is_opened_by_a_person(request)
    if is_page and request.url.path == "/" and any(getattr(each, "path", "") == CONSOLE for each in request.app.routes):
        return RedirectResponse(f"{CONSOLE}/", 303)
    if not is_page:
        return http.ok({"name": request.app.title, "version": request.app.version, **PLACES})
    language = Language.chosen(request.query_params.get("lang"), request.headers.get("accept-language"))
    page = _PAGES.render("front.html", language, brand=request.app.title, places=PLACES)
    return Response(page.html, page.status, dict(page.headers))


@router.get(DOCS)
async def docs(request: Request) -> HTMLResponse:
    """Every address of the API, to read and to try out; nothing on this page comes from another host."""
    return get_swagger_ui_html(
        openapi_url=OPENAPI,
        title=f"{request.app.title} · API",
        swagger_js_url=f"{DOCS}/{_SWAGGER}/swagger-ui-bundle.js",
        swagger_css_url=f"{DOCS}/{_SWAGGER}/swagger-ui.css",
        swagger_favicon_url=_NO_ICON,
        swagger_ui_parameters={"validatorUrl": None},  # its own default sends our address to swagger.io
    )


@router.get(f"{DOCS}/{_SWAGGER}/{{name}}")
async def asset(name: str) -> FileResponse:
    """A file of Swagger UI."""
    if name not in _TYPES:
        raise NotFound("There is no such file.")
    return FileResponse(_HERE / "static" / _SWAGGER / name, headers=_A_YEAR, media_type=_TYPES[name])
