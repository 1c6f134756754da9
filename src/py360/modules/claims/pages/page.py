"""The public claim page, in the customer's language (`templates/claim.html`, `locale/<language>/claim.po`)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from py360.kit.pages import Language, Page, Pages
from py360.modules.claims.service.documents import Awaited
from py360.modules.claims.service.links import Insured, Reported
from py360.modules.claims.statuses import LABELS, TYPE_WORDS, types_of

_PAGES: Final = Pages(Path(__file__).parent, "claim")


def language_of(chosen: str | None, accepted: str | None) -> str | None:
    """What the reader chose on the page, else the first language of their browser that the page has; else the customer's own."""
    if chosen:
        return chosen
    found = Language.chosen(None, accepted)
    return found.code if found.code != "en" and _PAGES.translated(found) else None


def render(
    insured: Insured,
    token: str,
    wanted: str | None,
    *,
    claims: Sequence[Reported],
    values: Mapping[str, str],
    note: str = "",
    new: Reported | None = None,
    awaited: Sequence[Awaited] = (),
    received: bool = False,
    status: int = 200,
) -> Page:
    """The form with what was entered and what is wrong with it (`note`); or, after it was sent, the `new` claim. `claims` are
    those of the policy so far, `awaited` the documents that they wait for; `received`: one has just come in."""
    return _PAGES.render(
        "claim.html",
        Language.of(wanted or insured.preferred_language),
        here=f"/api/claim/{token}",
        brand=insured.client_name,
        status=status,
        customer=insured.full_name,
        policy_number=insured.policy_number,
        types=[(code, TYPE_WORDS[code]) for code in types_of(insured.policy_type)],
        claims=[(claim, TYPE_WORDS.get(claim.claim_type, claim.claim_type), LABELS[claim.status]) for claim in claims],
        values=values,
        note=_plain(note),
        new=new,
        awaited=[replace(each, name=_plain(each.name)) for each in awaited],
        received=received,
    )


def _plain(text: str) -> str:
    """A text that may quote what somebody typed, for the template's `_()`, in which a % begins a value."""
    return text.replace("%", "%%")
