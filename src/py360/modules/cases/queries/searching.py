"""Finding cases by a piece of the case number, the customer's name or the policy number, among millions.

Two ways, because no single plan suits both. A rare piece stands in few rows: the trigram indexes name them all, and the
total is exact. A common one ("kumar") stands among the first rows of any list: walk those. The planner's guess decides;
where it was too low, the indexes give up after `FEW` hits.
"""

from typing import Any, Final

FEW: Final = 2_500  # beyond, walking costs less than fetching them all (measured at a million cases)
WALK_PER_ROW: Final = 800  # rows looked at for each row wanted: twice what a term with FEW in a million needs
MOST_NUMBERS: Final = 20_000
TRIGRAM: Final = 3  # shorter pieces cannot use the indexes


def like(term: str) -> str:
    """The LIKE pattern of a piece of text, taken literally."""
    escaped = term.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def numbers_with(term: str, newest: int) -> list[int] | None:
    """The numbers up to `newest` whose code `CASE-123` contains the term; None when they are too many to list."""
    if term in "case-":
        return None
    digits = term.rpartition("-")[2]
    begins = len(digits) < len(term)  # "se-12" stands at the beginning of the number, "12" anywhere
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


def tests(terms: list[str]) -> dict[str, Any]:
    """The parameters that the queries below take."""
    return {f"term{n}": like(term) for n, term in enumerate(terms)}


def _any(column: str, terms: list[str]) -> str:
    return "(" + " or ".join(f"lower({column}) like %(term{n})s" for n in range(len(terms))) + ")"


def walking(terms: list[str]) -> str:
    """The predicate on `c` joined with customers `u` and policies `p`: any of the terms in any of the three."""
    return (
        "(" + " or ".join(_any(column, terms) for column in ("u.full_name", "p.policy_number", "c.case_number")) + ")"
    )


def guessing(terms: list[str]) -> str:
    """A query of as many rows as there are names and policy numbers with any of the terms."""
    return f"select from customers u where {_any('u.full_name', terms)} union all select from policies p where {_any('p.policy_number', terms)}"


def indexed(terms: list[str], newest: int, most: int | None) -> tuple[str, dict[str, Any]]:
    """The CTEs `few` (whether at most `most` names and numbers match) and, if so, `hits`: the numbers of all such cases."""
    params: dict[str, Any] = {"most": most}
    hits = [
        "select k.id from people join policies p on p.customer_id = people.id join renewal_cases k on k.policy_id = p.id",
        "select k.id from numbers join renewal_cases k on k.policy_id = numbers.id",
    ]
    for n, term in enumerate(terms):
        listed = numbers_with(term, newest)
        if listed is None:
            hits.append(f"select k.id from renewal_cases k where lower(k.case_number) like %(term{n})s")
        elif listed:
            params[f"listed{n}"] = listed
            hits.append(f"select unnest(%(listed{n})s::bigint[])")
    sql = f"""
    people as materialized (
      select u.id from customers u where {_any("u.full_name", terms)} limit %(most)s::int + 1
    ), numbers as materialized (
      select p.id from policies p where {_any("p.policy_number", terms)} limit %(most)s::int + 1
    ), few as materialized (
      select %(most)s::int is null or greatest((select count(*) from people), (select count(*) from numbers)) <= %(most)s as yes
    ), hits as materialized (
      select id from ({" union ".join(hits)}) hit where (select yes from few)
    )"""
    return sql, params
