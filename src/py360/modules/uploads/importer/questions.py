"""What only a person can answer about a file, and what was decided without asking."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from py360.modules.uploads.fields import REQUIRED
from py360.modules.uploads.importer.cells.dates import Order
from py360.modules.uploads.importer.clean import Plan
from py360.modules.uploads.importer.layout import Opened
from py360.modules.uploads.importer.mapping import Decision
from py360.modules.uploads.importer.scan import Scan
from py360.modules.uploads.views import QuestionView

QuestionKind = Literal["column", "date_order", "date_cells", "rows"]
_CALLED: Final = {
    **{name: words for words, names in REQUIRED for name in names},
    "customer_code": "the customer's code",
    "email": "the e-mail address",
    "phone": "the mobile number",
    "renewal_amount": "the amount due at renewal",
    "renewal_date": "the due date of the renewal",
}
_MARKED: Final = {"cancelled": "cancelled", "renewed": "renewed", "lapsed": "lapsed, surrendered or matured"}


@dataclass(frozen=True, slots=True)
class Question:
    """One question: its answer goes into the part of the mapping that the id names (`columns.email`, `rows.hidden`)."""

    id: str
    kind: QuestionKind
    question: str
    options: Sequence[str]
    fields: Sequence[str] = ()
    column: str | None = None
    examples: Sequence[str] = ()
    samples: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def to_public(self) -> QuestionView:
        """As the API shows it, without what this question does not have."""
        public: QuestionView = {
            "id": self.id,
            "kind": self.kind,
            "question": self.question,
            "options": list(self.options),
        }
        if self.fields:
            public["fields"] = list(self.fields)
        if self.column is not None:
            public["column"] = self.column
        if self.examples:
            public["examples"] = list(self.examples)
        if self.samples:
            public["samples"] = {heading: list(values) for heading, values in self.samples.items()}
        return public


def questions(opened: Opened, found: Scan) -> list[Question]:
    """What must be asked before the file can be imported."""
    doubtful = {doubt.field for doubt in opened.mapping.doubts}
    return [
        *_columns(opened),
        *(each for each in _dates(opened, found) if not doubtful.intersection(each.fields)),
        *_rows(opened, found),
    ]


def _columns(opened: Opened) -> list[Question]:
    mapping = opened.mapping
    missing = [
        Question(
            f"columns.{names[0]}",
            "column",
            f"Which column holds {words}?",
            list(mapping.unmapped),
            list(names),
            samples=mapping.samples,
        )
        for words, names in mapping.missing
    ]
    several = [
        Question(
            f"columns.{doubt.field}",
            "column",
            f"{_and([f'“{match.heading}”' for match in doubt.matches])} could all hold {_CALLED[doubt.field]}, and they differ. Which one is it?",
            [match.heading for match in doubt.matches],
            [doubt.field],
            samples=doubt.samples,
        )
        for doubt in mapping.doubts
    ]
    return missing + several


def _and(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]


def _dates(opened: Opened, found: Scan) -> list[Question]:
    asked = []
    for name, evidence in found.evidence.items():
        heading = opened.mapping.heading(name)
        if _order(opened, found, name) is None:
            asked.append(
                Question(
                    f"dateOrders.{name}", "date_order", f"In “{heading}”, does the day or the month come first?", ["DMY", "MDY"],
                    [name], heading, evidence.open,
                )
            )  # fmt: skip
        if evidence.swapped is None and name not in opened.choice.date_cells:
            text = (
                f"In “{heading}”, a spreadsheet program has read {evidence.cells:,} dates, none of them after the 12th of a month, and left "
                f"{evidence.texts:,} as text. Has it taken the day for the month in those that it read?"
            )
            asked.append(
                Question(f"dateCells.{name}", "date_cells", text, ["keep", "swap"], [name], heading, evidence.examples)
            )
    return asked


def _rows(opened: Opened, found: Scan) -> list[Question]:
    asked = []
    if found.marked["hidden"] and "hidden" not in opened.choice.rows:
        count = found.marked["hidden"]
        rows = "1 row of this sheet is hidden" if count == 1 else f"{count:,} rows of this sheet are hidden"
        text = f"{rows}, by a filter or by hand. Import {'it' if count == 1 else 'them'} too?"
        asked.append(Question("rows.hidden", "rows", text, ["import", "leave"]))
    counts = [f"{found.marked[mark]:,} as {words}" for mark, words in _MARKED.items() if found.marked[mark]]
    if counts and "status" not in opened.choice.rows:
        columns = _and([f"“{heading}”" for heading in opened.marks.headings])
        text = f"By {columns}, policies are marked: {', '.join(counts)}. Import them as open renewals too?"
        asked.append(Question("rows.status", "rows", text, ["import", "leave"]))
    return asked


def _order(opened: Opened, found: Scan, name: str) -> Decision | None:
    """The order of day and month of a column, and why; None when only a person can decide."""
    evidence, id = found.evidence[name], f"dateOrders.{name}"
    if evidence.order is not None:
        shows = "some of its dates can only be read so" if evidence.proven else "its dates can only be read one way"
        return Decision(id, evidence.order.value, "values", shows)
    if name in opened.chosen.date_orders:
        return Decision(id, opened.chosen.date_orders[name], "caller", "you chose it")
    known = opened.known.date_orders.get(name)
    if known is None or found.terms[Order(known)] < max(found.terms.values(), default=0):
        return None  # the terms of this file contradict what the last one showed
    return Decision(
        id,
        known,
        "remembered",
        "so the dates of the last file of this layout were written; here they could be read both ways",
    )


def decided(opened: Opened, found: Scan) -> Opened:
    """The file with what was decided without asking, as its mapping shows it."""
    decisions = [each for name in found.evidence if (each := _order(opened, found, name)) is not None]
    orders = {
        each.id.removeprefix("dateOrders."): each.value
        for each in decisions
        if each.how != "values" or found.evidence[each.id.removeprefix("dateOrders.")].proven
    }
    decisions = [each for each in decisions if each.id.removeprefix("dateOrders.") in orders]
    for name in found.evidence:
        if name in _swapped(opened, found):
            why = "so the terms of the rows are whole years" if found.evidence[name].swapped else "you chose it"
            decisions.append(
                Decision(f"dateCells.{name}", "swap", "values" if found.evidence[name].swapped else "caller", why)
            )
    for kind, choice in opened.choice.rows.items():
        here = found.marked["hidden"] if kind == "hidden" else sum(found.marked[mark] for mark in _MARKED)
        if here:
            chosen = kind in opened.chosen.rows
            why = "you chose it" if chosen else "so it was answered the last time this layout came"
            decisions.append(
                Decision(f"rows.{kind}", choice, "caller" if chosen else "remembered", f"{why} ({here:,} rows)")
            )
    for name, value in opened.mapping.values.items():
        chosen = name in opened.chosen.values
        why = "you chose it" if chosen else "so it was chosen the last time this layout came"
        decisions.append(Decision(f"values.{name}", value, "caller" if chosen else "remembered", why))
    return replace(opened, mapping=replace(opened.mapping, date_orders=orders, decisions=tuple(decisions)))


def _swapped(opened: Opened, found: Scan) -> dict[str, frozenset[str]]:
    return {
        name: evidence.cell_shapes
        for name, evidence in found.evidence.items()
        if evidence.swapped or (evidence.swapped is None and opened.choice.date_cells.get(name) == "swap")
    }


def plan(opened: Opened, found: Scan) -> Plan:
    """The plan of a file without open questions: the dates themselves decide, then what was chosen."""
    orders = {
        name: Order(decision.value) for name in found.evidence if (decision := _order(opened, found, name)) is not None
    }
    return Plan(
        opened.mapping, orders, _swapped(opened, found), found.repeats, found.spellings, found.shared_codes,
        found.often_nothing, found.shared_pans,
    )  # fmt: skip
