"""The public payment page, in the customer's language (`locale/<language>/pay.po`, `templates/pay.html`)."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Protocol

from py360.kit.pages import LANGUAGES, Language, Page, Pages

__all__ = ["LANGUAGES", "Language", "render", "render_mandate", "text"]
REFRESH_SECONDS: Final = 4  # while the gateway is deciding
STATUS: Final[Mapping[str, int]] = {"unknown": 404, "refused": 409, "unavailable": 503}
_PAGES: Final = Pages(Path(__file__).parent, "pay")


class MandateView(Protocol):
    """What the page of a mandate needs of `mandates.page.View`; the template reads the rest."""

    @property
    def state(self) -> str:
        """What there is to do, or how the mandate stands: payable, paid, expired, waiting, active, and so on."""
        ...

    @property
    def token(self) -> str:
        """The token in the page's address."""
        ...

    @property
    def language(self) -> str:
        """The customer's own language."""
        ...

    @property
    def insurer(self) -> str:
        """Whose page it is."""
        ...


class View(MandateView, Protocol):
    """What the page of a payment needs of `checkout.View`; the template reads the rest."""

    @property
    def checkout_origins(self) -> tuple[str, ...]:
        """Where the button leads on to."""
        ...


def text(language: Language) -> Callable[[str], str]:
    """The texts of a language: give the English one."""
    return _PAGES.text(language)


def render(view: View, wanted: str | None = None) -> Page:
    """The page of a link, in the wanted language or the customer's own."""
    state = str(view.state)
    language = Language.of(wanted or view.language)
    return _PAGES.render(
        "pay.html",
        language,
        here="" if state == "unknown" else f"/pay/{view.token}",
        brand=view.insurer,
        status=STATUS.get(state, 200),
        form_targets=view.checkout_origins,
        refresh=REFRESH_SECONDS if state == "pending" else None,
        view=view,
        state=state,
    )


def render_mandate(view: MandateView, wanted: str | None = None) -> Page:
    """The page of a mandate, in the wanted language or the customer's own."""
    language = Language.of(wanted or view.language)
    here = "" if view.state == "unknown" else f"/mandate/{view.token}"
    status = STATUS.get(view.state, 200)
    return _PAGES.render("mandate.html", language, here=here, brand=view.insurer, status=status, view=view)
