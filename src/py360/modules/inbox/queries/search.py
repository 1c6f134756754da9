"""Mails that a text names: by the words in them, pieces of their headers, their tags, and the names of their customers.

The indexes give the matches in no order, and the order of arrival knows nothing of the text. So the matches are looked for first: where
there are no more than a list counts exactly, the list is made of these; else the newest ones are soon found by going through all mails.
"""

from collections.abc import Mapping
from typing import Final

from py360.kit.caller import Predicate
from py360.kit.listing import containing
from py360.kit.paging import EXACT_UP_TO
from py360.kit.reads import Reads

PIECE: Final = 3  # characters from which pieces of words are found: the indexes of three letters need as many
# The same expressions as in the indexes (migration `search_mails`).
_WORDS: Final = (
    "mail_words(e.subject || ' ' || e.from_email || ' ' || e.from_name || ' ' || coalesce(e.policy_number, '')"
    " || ' ' || coalesce(e.body_text, ''))"
)
_HEADERS: Final = "(e.subject || ' ' || e.from_email || ' ' || e.from_name || ' ' || coalesce(e.policy_number, '') || ' ' || e.to_email)"
# Bounded, the newest first: what more mails have in their headers is no piece to find one by.
_PIECES: Final = f"""
e.id = any(array(select e.id from emails e where {{reach}} and {_HEADERS} ilike %(search)s order by e.id desc limit 2000))
"""
_CUSTOMERS: Final = """
e.customer_id = any(array(select k.id from customers_public_contact k where lower(k.full_name) like lower(%(search)s) limit 1000))
"""
# `materialized`: the search is planned for all matches, by the indexes, and ends at the first that are too many.
_MATCHES: Final = "with match as materialized (select e.id from emails e where {where}) select array(select id from match limit {most})"


def matching(text: str, reach: str) -> Predicate:
    """The predicate on `emails e` of a searched text; `reach` is the caller's."""
    found = [f"{_WORDS} @@ mail_query(%(text)s)", "e.tags @> array[%(text)s]::text[]"]
    if len(text) >= PIECE:
        found += [_PIECES.format(reach=reach), _CUSTOMERS]
    return f"({' or '.join(found)})", {"text": text, "search": containing(text)}


def sent_from(name: str) -> str:
    """The predicate of a piece of the sender's address, whose pattern is the parameter of this name."""
    return f"{_HEADERS} ilike %({name})s || '%%' and e.from_email ilike %({name})s"


async def matches(reads: Reads, where: str, params: Mapping[str, object]) -> list[int]:
    """The mails that a list with a searched text has, in no order; one more than it counts where they are too many."""
    sql = _MATCHES.format(where=where, most=EXACT_UP_TO + 1)
    async with reads.searches:
        return await reads.fetch_only(list, sql, params)
