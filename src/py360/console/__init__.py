"""The console: pages for the people of a renewals office, rendered here, on the routes of the API that any client calls.

- `session`: who is signed in (cookies), and that a change was asked for by a page of ours;
- `api_client`: asks the API's routes within this process (ADR 88); `bridge` passes a page's own requests on to them;
- `visit`: what a page is given; `render` and `templates/`: how it looks; `static/`: style and script;
- `listing`: pages that are a filtered list; `pages/`: one file per area.
"""

from py360.console.routes import router

__all__ = ["router"]
