"""Finding cases by a piece of the case number, the customer's name or the policy number, among millions.

Two ways, because no single plan suits both. A rare piece is in few rows: the trigram indexes find them all, and the total is
exact. A common one ("kumar") is among the first rows of any list: scan those in order. The planner's estimate decides;
where it was too low, the indexes give up after `FEW` hits.

The indexes are asked for the ends of a term's words only, and the rows they find are checked: asking for all trigrams of a
policy number takes ten times as long as checking some rows too many (measured).
"""

import re
from typing import Final

FEW: Final = 4_000  # beyond, a scan costs less than fetching them all (measured at a million cases)
SCAN_PER_ROW: Final = 600  # rows checked for each row wanted: twice what a term with FEW in a million needs
MOST_NUMBERS: Final = 20_000
TRIGRAM: Final = 3  # shorter pieces cannot use the indexes
END: Final = 4  # last letters of a word that the indexes are asked for


Params = dict[str, object]


def like(term: str) -> str:
    """The LIKE pattern of a piece of text, taken literally."""
    escaped = term.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def numbers_with(term: str, newest: int) -> list[int] | None:
    """The numbers up to `newest` whose code `CASE-123` contains the term; None when they are too many to list."""
    if term in "case-":
        return None
    digits = term.rpartition("-")[2]
    begins = len(digits) < len(term)  # "se-12" is the beginning of the number, "12" any part of it
    if not (digits.isascii() and digits.isdigit() and ("case-" + digits).endswith(term)):
        return []
    if begins and digits.startswith("0"):
        return []
    found: list[int] = []
    for behind in range(len(str(newest)) - len(digits) + 1):
        size, step = 10**behind, 10 ** (behind + len(digits))
        before = range(1 if digits.startswith("0") else 0, (0 if begins else newest // step) + 1)
        if len(found) + len(before) * size > MOST_NUMBERS:
            return None
        for head in before:
            first = head * step + int(digits) * size
            found.extend(range(first, min(first + size, newest + 1)))
    return found


def term_params(terms: list[str]) -> Params:
    """The parameters that the queries below take."""
    params: Params = {}
    for n, term in enumerate(terms):
        words = re.findall(rf"\w{{{TRIGRAM},}}", term.replace("_", " "))
        params[f"term{n}"] = like(term)
        params[f"words{n}"] = [like(word) for word in words] or [like(term)]
        params[f"ends{n}"] = "%" + "%".join(word[-END:] for word in words) + "%" if words else like(term)
    return params


def _any(column: str, terms: list[str], test: str = "lower({column}) like %(term{n})s") -> str:
    return "(" + " or ".join(test.format(column=column, n=n) for n in range(len(terms))) + ")"


def _by_ends(column: str, terms: list[str]) -> str:
    """As `_any`, by the trigram index of the words' ends; the whole term is checked on the rows it finds."""
    return _any(column, terms, "(lower({column}) like %(ends{n})s and (lower({column}) like %(term{n})s) is true)")


def scan_predicate(terms: list[str]) -> str:
    """The predicate on `c` joined with customers `u` and policies `p`: any of the terms in any of the three."""
    return (
        "(" + " or ".join(_any(column, terms) for column in ("u.full_name", "p.policy_number", "c.case_number")) + ")"
    )


def estimate_query(terms: list[str]) -> str:
    """A query of as many rows as there are names and policy numbers with any of the terms, for the planner to estimate.

    Word by word: the planner has statistics of each, and none of two words together.
    """
    names, numbers = (
        _any(column, terms, "lower({column}) like all(%(words{n})s)") for column in ("u.full_name", "p.policy_number")
    )
    return f"select from customers u where {names} union all select from policies p where {numbers}"


def index_query(terms: list[str], newest: int, most: int | None, where: str, columns: str) -> tuple[str, Params]:
    """The CTEs `few` (whether at most `most` names and numbers match) and, if so, `found`: these columns of all such cases `c`."""
    params: Params = {"most": most}
    numbered = []
    for n, term in enumerate(terms):
        listed = numbers_with(term, newest)
        if listed is None:
            numbered.append(f"lower(c.case_number) like %(term{n})s")
        elif listed:
            params[f"listed{n}"] = listed
            numbered.append(f"c.id = any(%(listed{n})s::bigint[])")
    wanted = f"where (select yes from few) and {where}"
    by_code = f"union select {columns} from renewal_cases c {wanted} and ({' or '.join(numbered)})"
    sql = f"""
    people as materialized (
      select u.id from customers u where {_by_ends("u.full_name", terms)} limit %(most)s::int + 1
    ), numbers as materialized (
      select p.id from policies p where {_by_ends("p.policy_number", terms)} limit %(most)s::int + 1
    ), few as materialized (
      select %(most)s::int is null or greatest((select count(*) from people), (select count(*) from numbers)) <= %(most)s as yes
    ), found as materialized (
      select {columns} from people join renewal_cases c on c.customer_id = people.id {wanted}
      union select {columns} from numbers join renewal_cases c on c.policy_id = numbers.id {wanted}
      {by_code if numbered else ""}
    )"""
    return sql, params
