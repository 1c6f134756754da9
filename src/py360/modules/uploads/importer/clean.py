"""From a chunk of text to typed rows and a list of what is wrong. Whole columns at a time; no loop over rows."""

from collections.abc import Mapping as Lookup
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

import polars as pl

from py360.modules.customers import api as customers
from py360.modules.uploads.cleaned import ISSUES, STAGING, Cleaned
from py360.modules.uploads.fields import BY_NAME, DATES
from py360.modules.uploads.importer import columns
from py360.modules.uploads.importer.cells import amounts, contacts, dates, names, people, texts, words
from py360.modules.uploads.importer.cells.dates import Order
from py360.modules.uploads.importer.cells.placeholders import without_placeholders
from py360.modules.uploads.importer.mapping import Mapping
from py360.modules.uploads.issues import ORDER
from py360.modules.uploads.reading.rows import PROBLEM, ROW, RowProblem

_LONGEST: Final = {"policy_number": 100, "customer_code": 50, "first_name": 100, "last_name": 100, "product_name": 200,
                   "product_category": 50, "channel": 50, "sub_channel": 50, "branch": 200, "region": 200, "agent": 200,
                   "notes": 2000}  # fmt: skip
_IDENTIFIERS: Final = frozenset({"policy_number", "customer_code"})
# Where a text that stands for nothing (`placeholders`) is no value; elsewhere it is reported as written.
_MAY_BE_NOTHING: Final = frozenset({
    "policy_number", "customer_code", "customer_name", "first_name", "last_name", "agent", "branch", "region", "product_name", "policy_type",
    "product_category", "address", "city", "state", "notes", "channel", "sub_channel", "sum_insured", "proposer_name",
    "proposer_relationship", "life_assured_name", "nominee", "insured_members", "sales_manager",
})  # fmt: skip
# How spreadsheet programs show a zero, with or without a currency, or an error.
_NO_AMOUNT: Final = r"(?i)^[\s₹()]*(?:rs\.?|inr)?[\s₹]*[\s\p{Pd}\x{2212}]+[\s()]*(?:₹|rs\.?|inr)?\s*$|^#"
# Words that say what kind of policy it is, or nothing, where its number or a code should be.
_NO_NUMBER: Final = r"(?i)^(n|no|new|fresh|proposal|applied( for)?|renewal|cover ?note|temp(orary)?|policy|mrs?|ms)\.?$"
# `1E12` without a sign is a code that somebody made up.
SHORTENED: Final = r"^[0-9](?:[.,][0-9]+[eE]\+?|[eE]\+)[0-9]{1,2}$"
_BECAME_DATE: Final = (
    r"(?i)^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$"
    r"|^[0-9]{1,2}-(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(-[0-9]{2,4})?$"
    r"|^(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)-[0-9]{2}$"
    r"|^[0-9]{1,2}-(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)-[0-9]{2,4} [0-9]{1,2}:[0-9]{2}"
    r"|^((mon|tues|wednes|thurs|fri|satur|sun)day,? )?(january|february|march|april|may|june|july|august|september|october|november|december)"
    r"( [0-9]{1,2},)? (19|20)[0-9]{2}$|^[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?( ?[ap]m)?$"
)
# As a program saves such a number as text; the last is also how some offices number, so its rows are taken and reported.
_BECAME_DATE_IN_TEXT: Final = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(T| |$)|^[0-9]{1,2}[-/][0-9]{1,2}[-/][0-9]{2,4} [0-9]{1,2}:[0-9]{2}(:[0-9]{2})?$"
)
_LOOKS_LIKE_DATE: Final = r"^(0?[1-9]|[12][0-9]|3[01])[-/](0?[1-9]|1[0-2])[-/]((19|20)[0-9]{2}|2[0-9])$"
# What is left of a letter, and letters of UTF-8 that a program read and wrote as Windows' own: `à¤¶`, `JosÃ©`, `D’` as `Dâ€™`.
_DAMAGED: Final = r"\x{fffd}|à[¤¥¦§¨©ª«¬\x{ad}®¯°±²³´µ¶·]|Ã[\x{80}-\x{bf}]|â€"
_CENTURY: Final = {"date_of_birth": 0, "start_date": 10}  # two-digit years later than this from today were 19xx
# What forms show as an example and people type where they have none; customers are matched by their PAN.
_NOBODYS_PAN: Final = r"^(ABCDE1234[A-Z]|ABCDE9999F|[A-Z]{5}(0000|9999)[A-Z]|(A{5}|X{5}|Z{5}|N{5})[0-9]{4}[A-Z]|PAN[A-Z]{2}[0-9]{4}[A-Z])$"
_LARGEST: Final = Decimal("9999999999.99")
_LARGEST_SUM: Final = Decimal("9999999999999.99")
# How many years ahead a policy may end, by its kind; a life cover may last a life.
_YEARS_AHEAD: Final = {"motor": 10, "health": 10, "travel": 10, "home": 31, "commercial": 31, "life": 100}
_YEARS_AGO: Final = {"motor": 40, "health": 60, "travel": 40, "home": 60, "commercial": 60, "life": 100}
_LATEST_START: Final = timedelta(days=3 * 366)
_LONG_AGO: Final = timedelta(days=2 * 366)
_USUAL_YEARS: Final = {"motor": 6, "health": 6, "travel": 6, "home": 31, "commercial": 31, "life": 100}


@dataclass(frozen=True, slots=True)
class Plan:
    """How a file is to be read: the mapping, how its dates are written, and what holds for its identifiers as a whole.

    `swapped`: date columns in which a program exchanged day and month, and how the dates are written in which it did. `repeats`: rows whose policy number is in an
    earlier row. `spellings`: customer codes that the file spells in several ways, and the first of them. `shared_codes`:
    the hashes of codes that so many customers share that they identify none (`shared_pans`: of PANs). `often_nothing`: columns in which "N.A." is usual,
    and so means nothing; a rare one is an exception that the office should see.
    """

    mapping: Mapping
    orders: dict[str, Order] = field(default_factory=dict)
    swapped: Lookup[str, frozenset[str]] = field(default_factory=dict)
    repeats: pl.Series = field(default_factory=lambda: pl.Series([], dtype=pl.Int32))
    spellings: dict[str, str] = field(default_factory=dict)
    shared_codes: pl.Series = field(default_factory=lambda: pl.Series([], dtype=pl.UInt64))
    often_nothing: frozenset[str] = frozenset()
    shared_pans: pl.Series = field(default_factory=lambda: pl.Series([], dtype=pl.UInt64))


def clean(chunk: pl.DataFrame, plan: Plan, today: date) -> Cleaned:
    """Clean one chunk of a table's rows (`Table.chunks`)."""
    return _Chunk(chunk, plan, today).cleaned()


class _Chunk:
    """One chunk while it is being cleaned: texts in, typed columns and masks of wrong cells out."""

    def __init__(self, chunk: pl.DataFrame, plan: Plan, today: date) -> None:
        self.plan, self.today = plan, today
        self.rows = chunk[ROW]
        self.problems = chunk[PROBLEM]
        self.raw = {name: self._cells(chunk, name) for name in BY_NAME}
        self.texts = {name: self._text(name) for name in BY_NAME}
        self.wrong: list[pl.DataFrame] = []
        self.out: dict[str, pl.Series] = {}

    def cleaned(self) -> Cleaned:
        self._policy()
        self._person()
        self._contact()
        self._money()
        self._periods()
        self._choices()
        self._terms()
        self._inception()
        self._rest()
        self.out["details"] = people.details(self.texts, self.out, self._long, self._warn_of, self.today)
        issues = pl.concat(self.wrong) if self.wrong else pl.DataFrame(schema=ISSUES)
        errors = issues.filter(pl.col("severity") == "error")
        rank = pl.col("code").replace_strict({code: at for at, code in enumerate(ORDER)}, return_dtype=pl.Int32)
        failed = (
            errors.sort(rank)
            .unique("row_no", keep="first", maintain_order=True)
            .select("row_no", "code")
            .sort("row_no")
        )
        staged = pl.DataFrame([self.rows.alias("row_no"), *(self.out[name].alias(name) for name in STAGING[1:])])
        accepted = staged.filter(~pl.col("row_no").is_in(failed["row_no"].implode()))
        of_failed = (pl.col("severity") == "warning") & pl.col("row_no").is_in(failed["row_no"].implode())
        return Cleaned(accepted, failed, issues.filter(~of_failed))

    # ------------------------------------------------------------ columns

    def _cells(self, chunk: pl.DataFrame, name: str) -> pl.Series:
        """The cells that feed one of our columns, as the file has them."""
        match = self.plan.mapping.match(name)
        if match is None:
            constant = self.plan.mapping.values.get(name)
            return pl.repeat(constant, chunk.height, dtype=pl.String, eager=True)
        cells = chunk[f"c{match.column}"]
        for other in match.others:
            cells = cells.zip_with(columns.usable(name, cells).is_not_null(), chunk[f"c{other.column}"])
        if match.part is None:
            return cells
        return dates.both_dates(cells)[match.part]

    def _text(self, name: str) -> pl.Series:
        """The texts of one of our columns in one spelling; null for what stands for nothing."""
        text = texts.identifier(self.raw[name]) if name in _IDENTIFIERS else texts.plain(self.raw[name])
        if name == "renewal_amount":
            text = pl.select(pl.when(~text.str.contains(_NO_AMOUNT)).then(text))[:, 0]
        return without_placeholders(text) if name in _MAY_BE_NOTHING | self.plan.often_nothing else text

    def _has(self, name: str) -> bool:
        return self.plan.mapping.column(name) is not None or name in self.plan.mapping.values

    def _flag(self, mask: pl.Series, name: str, code: str, severity: str = "error") -> None:
        """Record the rows where `mask` is true; the value is the text of column `name`."""
        if not mask.any():
            return
        hit = mask.fill_null(value=False)
        frame = pl.DataFrame({"row_no": self.rows.filter(hit), "value": self.raw[name].filter(hit)})
        heading = self.plan.mapping.heading(name)
        self.wrong.append(
            frame.select(
                pl.col("row_no").cast(pl.Int32),
                pl.lit(severity).alias("severity"),
                pl.lit(heading).alias("column_name"),
                pl.col("value").str.slice(0, 200),
                pl.lit(code).alias("code"),
            )
        )

    def _warn_of(self, mask: pl.Series, name: str, code: str) -> None:
        """Record what was left out of an optional column."""
        self._flag(mask, name, code, "warning")

    def _long(self, name: str, most: int) -> pl.Series:
        """A text, cut with a warning where it is longer than we keep."""
        self._warn_of(self.texts[name].str.len_chars() > most, name, "shortened")
        return self.texts[name].str.slice(0, most)

    def _warn(self, values: pl.Series, name: str, code: str) -> pl.Series:
        """An optional column: texts that gave no value are dropped with a warning."""
        self._flag(values.is_null() & self.texts[name].is_not_null(), name, code, "warning")
        return values

    # ------------------------------------------------------------ groups of columns

    def _policy(self) -> None:
        number = pl.select(
            pl.when(~self.texts["policy_number"].str.contains(_NO_NUMBER)).then(self.texts["policy_number"])
        )[:, 0]
        for problem in RowProblem:  # whatever is in such a row, its values may not be those of its headings
            self._flag(self.problems == problem.value, "policy_number", problem.value)
        self._flag(number.is_null(), "policy_number", "policy_number_missing")
        self._flag(number.str.contains(SHORTENED), "policy_number", "policy_number_shortened")
        became = number.str.contains(_BECAME_DATE) | number.str.contains(_BECAME_DATE_IN_TEXT)
        self._flag(became, "policy_number", "policy_number_became_date")
        self._flag(number.str.contains(_LOOKS_LIKE_DATE), "policy_number", "policy_number_like_date", "warning")
        repeated = self.rows.is_in(self.plan.repeats.implode()) & number.is_not_null()
        self._flag(repeated, "policy_number", "policy_number_repeated")
        self._flag(number.str.len_chars() > _LONGEST["policy_number"], "policy_number", "too_long")
        self.out |= {"policy_number": number, "customer_code": self._customer_code()}

    def _customer_code(self) -> pl.Series:
        """Codes that can distinguish customers: two of 12 digits are shortened to the same text, and would make one of two."""
        code = pl.select(
            pl.when(~self.texts["customer_code"].str.contains(_NO_NUMBER)).then(self.texts["customer_code"])
        )[:, 0]
        unusable = pl.repeat(value=False, n=code.len(), dtype=pl.Boolean, eager=True)
        for mask, reason in (
            (code.str.contains(SHORTENED), "customer_code_shortened"),
            (code.str.contains(_BECAME_DATE) | code.str.contains(_BECAME_DATE_IN_TEXT), "customer_code_became_date"),
            (self._is_shared(code), "customer_code_shared"),
        ):
            self._flag(mask, "customer_code", reason, "warning")
            unusable |= mask.fill_null(value=False)
        code = pl.select(pl.when(~unusable).then(code))[:, 0]
        self._flag(code.str.len_chars() > _LONGEST["customer_code"], "customer_code", "too_long")
        return code.replace(self.plan.spellings) if self.plan.spellings else code

    def _is_shared(self, code: pl.Series) -> pl.Series:
        if self.plan.shared_codes.is_empty():
            return pl.repeat(value=False, n=code.len(), dtype=pl.Boolean, eager=True)
        hashes = texts.key_hash(texts.key_of(code))
        return hashes.is_in(self.plan.shared_codes.implode()) & code.is_not_null()

    def _person(self) -> None:
        first, last = names.split(self.texts["customer_name"], self.texts["first_name"], self.texts["last_name"])
        column = "customer_name" if self._has("customer_name") else "first_name"
        length = first.str.len_chars() + last.str.len_chars()
        no_name = first.is_null() | (length < 2) | ~(first + last).str.contains(r"\p{L}")
        self._flag(no_name, column, "name_missing")
        self._flag((first + last).str.contains(_DAMAGED), column, "letters_lost", "warning")
        too_long = (first.str.len_chars() > _LONGEST["first_name"]) | (last.str.len_chars() > _LONGEST["last_name"])
        self._flag(too_long, column, "too_long")
        self.out |= {"first_name": first, "last_name": last}
        pan = (
            self.texts["pan"].str.to_uppercase().str.replace_all(r"[\s-]", "").str.extract(r"^([A-Z]{5}[0-9]{4}[A-Z])$")
        )
        pan = self._warn(pl.select(pl.when(~pan.str.contains(_NOBODYS_PAN)).then(pan))[:, 0], "pan", "pan_invalid")
        shared = texts.key_hash(pan).is_in(self.plan.shared_pans.implode()) & pan.is_not_null()
        self._warn_of(shared, "pan", "pan_shared")
        self.out["pan"] = pl.select(pl.when(~shared.fill_null(value=False)).then(pan))[:, 0]
        self.out["gender"] = self._warn(words.meaning(self.texts["gender"], words.GENDERS), "gender", "gender_unknown")
        self._address()

    def _address(self) -> None:
        pincode = (
            texts.ascii_digits(self.texts["pincode"])
            .str.replace_all(r"\s", "")
            .str.extract(r"^([1-9][0-9]{5})(?:\.0)?$")
        )
        self._warn(pincode, "pincode", "pincode_invalid")
        parts = pl.DataFrame(
            {
                "line": self.texts["address"],
                "city": self.texts["city"],
                "state": self.texts["state"],
                "pincode": pincode,
            }
        )
        filled = pl.any_horizontal(pl.all().is_not_null())
        self.out["address"] = parts.select(
            pl.when(filled).then(pl.struct(pl.all()).struct.json_encode()).alias("address")
        )[:, 0]

    def _contact(self) -> None:
        email, phone = contacts.emails(self.texts["email"]), contacts.mobiles(self.texts["phone"])
        bad = email.values.is_null() & phone.values.is_null()
        self._flag(bad & phone.shortened, "phone", "contact_shortened")
        self._flag(bad & ~phone.shortened, "phone" if self._has("phone") else "email", "no_valid_contact")
        self._flag(phone.shortened, "phone", "phone_shortened", "warning")
        unusable = phone.values.is_null() & self.texts["phone"].is_not_null() & ~phone.shortened
        self._flag(unusable, "phone", "phone_invalid", "warning")
        self._flag(phone.several, "phone", "phone_several", "warning")
        self._flag(email.several, "email", "email_several", "warning")
        self.out |= {"email": self._warn(email.values, "email", "email_invalid"), "phone": phone.values}

    def _amount(self, name: str) -> tuple[pl.Series, pl.Series]:
        """Rupees, and which cells bear a ledger's mark (their side is not ours to guess)."""
        marked = amounts.ledger_marks(self.texts[name], of_premiums=name != "sum_insured")
        rupees = amounts.rupees(self.texts[name], amounts.unit_of(self.plan.mapping.heading(name) or ""))
        return (pl.select(pl.when(~marked).then(rupees))[:, 0] if marked.any() else rupees), marked

    def _money(self) -> None:
        premium = self.texts["premium_amount"]
        no_premium = premium.str.contains(_NO_AMOUNT) & self.texts["renewal_amount"].is_not_null()
        self.texts["premium_amount"] = pl.select(pl.when(~no_premium.fill_null(value=False)).then(premium))[:, 0]
        by_name: dict[str, pl.Series] = {}
        for name in ("premium_amount", "renewal_amount"):
            amount, marked = self._amount(name)
            self._flag(marked, name, "amount_of_ledger")
            self._flag(amount.is_null() & self.texts[name].is_not_null() & ~marked, name, "premium_not_a_number")
            if name == "renewal_amount":  # what programs write for a renewal that nobody has calculated
                nothing = (amount == 0) & (by_name["premium_amount"] > 0)
                self._flag(nothing, name, "renewal_amount_zero", "warning")
                self._flag(self.raw[name].str.contains("^#"), name, "renewal_amount_error", "warning")
                amount = pl.select(pl.when(nothing.fill_null(value=False)).then(None).otherwise(amount))[:, 0]
            self._flag((amount <= 0) | (amount > _LARGEST), name, "premium_not_positive")
            self._flag((amount > 0) & (amount < 1), name, "premium_below_one_rupee", "warning")
            by_name[name] = amount
        blank = self.texts["premium_amount"].is_null() & self.texts["renewal_amount"].is_null()
        self._flag(blank, "premium_amount" if self._has("premium_amount") else "renewal_amount", "premium_missing")
        both = pl.DataFrame({"p": by_name["premium_amount"], "r": by_name["renewal_amount"]})
        both = both.select(p=pl.coalesce("p", "r"), r=pl.coalesce("r", "p"))
        insured, _ = self._amount("sum_insured")
        insured = pl.select(pl.when((insured >= 0) & (insured <= _LARGEST_SUM)).then(insured))[:, 0]
        self.out |= {"premium_amount": both["p"], "renewal_amount": both["r"]}
        self.out["sum_insured"] = self._warn(insured, "sum_insured", "sum_insured_invalid")

    def _periods(self) -> None:
        for name in DATES:
            order = self.plan.orders.get(name, Order.DAY_FIRST)
            later = _CENTURY.get(name)
            past_before = None if later is None else self.today.year + later
            cells = texts.ascii_digits(self.texts[name])
            self.out[name] = dates.parse(cells, order, past_before, self.plan.swapped.get(name, frozenset()))
            if name in self.plan.swapped:
                exchanged = self.out[name] != dates.parse(cells, order, past_before)
                self._flag(exchanged, name, "day_and_month_exchanged", "warning")
        for name in ("start_date", "end_date"):
            self._flag(self.texts[name].is_null(), name, f"{name}_missing")
            self._flag(self.out[name].is_null() & self.texts[name].is_not_null(), name, f"{name}_invalid")
        self._flag(self.out["end_date"] <= self.out["start_date"], "end_date", "expiry_before_start")
        renewal = self._warn(self._due(self.out["renewal_date"]), "renewal_date", "renewal_date_invalid")
        self.out["renewal_date"] = renewal.fill_null(self.out["end_date"])
        born = self.out["date_of_birth"]
        alive = (born < self.today) & (born > self.today.replace(year=self.today.year - 121, day=1))
        self.out["date_of_birth"] = self._warn(
            pl.select(pl.when(alive).then(born))[:, 0], "date_of_birth", "date_of_birth_invalid"
        )

    def _due(self, renewal: pl.Series) -> pl.Series:
        """Due dates within the policy's term or the year after it; a mistyped year would bring the case up when nobody sees it."""
        frame = pl.DataFrame({"due": renewal, "start": self.out["start_date"], "end": self.out["end_date"]})
        due, year = pl.col("due"), pl.duration(days=366)
        outside = (due < pl.col("start")) | (due > pl.col("end") + year)
        return frame.select(pl.when(~outside.fill_null(value=False)).then(due).alias("due"))["due"]

    def _choices(self) -> None:
        for name, known in (
            ("customer_profile", words.PROFILES), ("preferred_language", words.LANGUAGES), ("priority", words.PRIORITIES),
        ):  # fmt: skip
            self.out[name] = self._warn(words.meaning(self.texts[name], known), name, f"{name}_unknown")
        frequency = words.frequency(self.texts["payment_frequency"])
        self.out["payment_frequency"] = self._warn(frequency, "payment_frequency", "payment_frequency_unknown")
        sources = [name for name in ("policy_type", "product_name", "product_category") if self._has(name)]
        kind = words.product_type([self.texts[name] for name in sources or ["policy_type"]])
        self._flag(kind.is_null(), sources[0] if sources else "policy_type", "policy_type_unknown")
        self.out["policy_type"] = kind
        category = words.product_type([self.texts["product_category"]]).fill_null(kind)
        self.out["product_category"] = category.replace_strict(
            customers.CATEGORIES, default=None, return_dtype=pl.String
        )

    def _terms(self) -> None:
        """Years that a kind of policy cannot have are mistyped: such a renewal would come up when nobody is there to see it."""
        term = pl.DataFrame({name: self.out[name] for name in ("start_date", "end_date", "policy_type")})
        ahead, ago, usual = (
            pl.col("policy_type").replace_strict(years, default=100, return_dtype=pl.Int32)
            for years in (_YEARS_AHEAD, _YEARS_AGO, _USUAL_YEARS)
        )
        years = (pl.col("end_date") - pl.col("start_date")).dt.total_days() / 365.25
        unusual = term.select(
            (pl.col("end_date").dt.year() > self.today.year + ahead).alias("ahead"),
            (pl.col("start_date").dt.year() < self.today.year - ago).alias("ago"),
            (years > usual).alias("long"),
            (pl.col("start_date") > self.today + _LATEST_START).alias("coming"),
            (pl.col("end_date") < self.today - _LONG_AGO).alias("over"),
        )
        self._flag(unusual["coming"], "start_date", "start_date_ahead")
        self._flag(unusual["over"] & ~unusual["ago"], "end_date", "ended_long_ago", "warning")
        self._flag(unusual["ahead"], "end_date", "end_date_too_far")
        self._flag(unusual["ago"], "start_date", "start_date_too_far")
        self._flag(unusual["long"] & ~unusual["ahead"] & ~unusual["ago"], "start_date", "term_unusual", "warning")

    def _inception(self) -> None:
        """When the policy was first taken out, by the years that it was held before this term."""
        years = texts.ascii_digits(self.texts["tenure_years"]).str.strip_chars().cast(pl.Float64, strict=False)
        usable = pl.select(pl.when((years >= 0) & (years < 100)).then(years))[:, 0]
        held = self._warn(usable, "tenure_years", "tenure_invalid")
        term = pl.DataFrame({"start": self.out["start_date"], "months": (held * 12).round().cast(pl.Int32)})
        back = pl.concat_str(pl.lit("-"), pl.col("months"), pl.lit("mo"))
        self.out["inception_date"] = term.select(pl.col("start").dt.offset_by(back).alias("inception_date"))[:, 0]

    def _rest(self) -> None:
        channel = self.texts["channel"]
        self.out["channel"] = words.meaning(channel, words.CHANNELS).fill_null(channel)
        for name in ("product_name", "sub_channel", "branch", "region", "agent", "notes"):
            self.out[name] = self.texts[name]
        for name in ("product_name", "channel", "sub_channel", "branch", "region", "agent", "notes"):
            long = self.out[name].str.len_chars() > _LONGEST[name]
            self._flag(long, name, "shortened", "warning")
            self.out[name] = self.out[name].str.slice(0, _LONGEST[name])
