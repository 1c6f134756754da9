"""The page behind the link of an e-mail address."""

from pathlib import Path
from typing import Final

from py360.kit.pages import Language, Page, Pages
from py360.modules.customers.verification.service import Link

_PAGES: Final = Pages(Path(__file__).parent / "pages", "verify_email")


def render(link: Link, token: str, wanted: str | None, *, done: bool) -> Page:
    """The button, or that the address is confirmed."""
    return _PAGES.render(
        "verify_email.html",
        Language.of(wanted),
        here=f"/api/verify-email/{token}",
        brand=link.client_name,
        email=link.value,
        done=done,
    )
