"""From a chunk of text to typed rows and a list of what is wrong. Whole columns at a time; no loop over rows."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

import polars as pl

from py360.modules.customers import api as customers
from py360.modules.uploads.cleaned import ISSUES, STAGING, Cleaned
from py360.modules.uploads.fields import BY_NAME, DATES
from py360.modules.uploads.importer import dates, words
from py360.modules.uploads.importer.dates import Order
from py360.modules.uploads.importer.mapping import Mapping
from py360.modules.uploads.issues import ORDER
from py360.modules.uploads.reading.rows import PROBLEM, ROW, RowProblem

_LONGEST: Final = {"policy_number": 100, "customer_code": 50, "first_name": 100, "last_name": 100, "product_name": 200,
                   "product_category": 50, "channel": 50, "sub_channel": 50, "branch": 200, "region": 200, "agent": 200,
                   "notes": 2000}  # fmt: skip
_UNREADABLE: Final = r"[\x00-\x08\x0a-\x1f\x7f]"
# Marks that come along when a number is copied from a chat or a contact; the joiners of Indian scripts are letters of theirs.
_INVISIBLE: Final = r"[\x{200b}\x{200e}\x{200f}\x{202a}-\x{202e}\x{2060}-\x{2069}\x{feff}]"
_EMAIL: Final = (
    r"^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@"
    r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$"
)
_SCIENTIFIC: Final = (
    r"^\+?([0-9])(?:[.,]([0-9]+))?[eE](\+?)([0-9]{1,2})$"  # how a spreadsheet program shortens long numbers
)
_SHORTENED: Final = (
    r"^[0-9](?:[.,][0-9]+[eE]\+?|[eE]\+)[0-9]{1,2}$"  # `1E12` without a sign is a code that somebody made up
)
_PHONE: Final = r"^(?:\+?91|0091|0)?0?([6-9][0-9]{9})(?:[/,;|].*)?$"
_TITLE: Final = r"(?i)^(mr|mrs|ms|miss|shri|smt|kum|sri|श्री|श्रीमती)\.?\s+"
_MONEY: Final = (
    r"^-?([0-9]+|[0-9]{1,3}(,[0-9]{2,3})*,[0-9]{3})(\.[0-9]+)?$"  # plain, or grouped as in India or the West
)
_UNITS: Final = {
    **dict.fromkeys(("l", "lac", "lacs", "lakh", "lakhs", "लाख"), 100_000.0),
    **dict.fromkeys(("cr", "crore", "crores", "करोड़"), 10_000_000.0),
}
_IN_WORDS: Final = rf"(?i)^([0-9]+(?:\.[0-9]+)?)({'|'.join(_UNITS)})\.?$"
_CENTURY: Final = {"date_of_birth": 0, "start_date": 10}  # two-digit years later than this from today were 19xx
# What exports write for "none" where any text would do: as a customer code it would make one customer of many.
_FREE_TEXTS: Final = ("policy_number", "customer_code", "customer_name", "first_name", "last_name", "agent", "branch", "region",
                      "product_name", "address", "city", "state", "notes")  # fmt: skip
_NOTHING: Final = ("-", "--", ".", "NA", "N/A", "N.A.", "na", "n/a", "#N/A", "#REF!", "#VALUE!", "NULL", "null", "Null", "nil",
                   "Nil", "NIL", "none", "None", "NONE", "nan", "NaN")  # fmt: skip
_LARGEST: Final = Decimal("9999999999.99")
_LARGEST_SUM: Final = Decimal("9999999999999.99")


@dataclass(frozen=True, slots=True)
class Plan:
    """How a file is to be read: the mapping, the order of day and month per date column, and which rows are repeats."""

    mapping: Mapping
    orders: dict[str, Order] = field(default_factory=dict)
    repeats: pl.Series = field(default_factory=lambda: pl.Series([], dtype=pl.Int32))


def clean(chunk: pl.DataFrame, plan: Plan, today: date) -> Cleaned:
    """Clean one chunk of a table's rows (`Table.chunks`)."""
    return _Chunk(chunk, plan, today).cleaned()


class _Chunk:
    """One chunk while it is being cleaned: texts in, typed columns and masks of wrong cells out."""

    def __init__(self, chunk: pl.DataFrame, plan: Plan, today: date) -> None:
        self.plan, self.today = plan, today
        self.rows = chunk[ROW]
        self.problems = chunk[PROBLEM]
        self.texts = {name: self._text(chunk, name) for name in BY_NAME}
        self.wrong: list[pl.DataFrame] = []
        self.out: dict[str, pl.Series] = {}

    def cleaned(self) -> Cleaned:
        self._policy()
        self._person()
        self._contact()
        self._money()
        self._periods()
        self._choices()
        self._rest()
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

    def _text(self, chunk: pl.DataFrame, name: str) -> pl.Series:
        column = self.plan.mapping.column(name)
        if column is None:
            constant = self.plan.mapping.values.get(name)
            return pl.repeat(constant, chunk.height, dtype=pl.String, eager=True)
        text = chunk[f"c{column}"]
        if text.str.contains(f"{_UNREADABLE}|{_INVISIBLE}").any():
            text = text.str.replace_all(_INVISIBLE, "").str.replace_all(_UNREADABLE, " ").str.strip_chars()
        # How exports, ours too, keep a spreadsheet program from running or rounding a text.
        if text.str.starts_with("'").any() or text.str.starts_with("=").any():
            text = text.str.replace(r"^'([=+\-@0-9])", "$1").str.replace(r'^="([^"]*)"$', "$1")
        if name in _FREE_TEXTS and text.is_in(list(_NOTHING)).any():
            text = text.replace(dict.fromkeys(_NOTHING))
        return text

    def _has(self, name: str) -> bool:
        return self.plan.mapping.column(name) is not None or name in self.plan.mapping.values

    def _flag(self, mask: pl.Series, name: str, code: str, severity: str = "error") -> None:
        """Record the rows where `mask` is true; the value is the text of column `name`."""
        if not mask.any():
            return
        hit = mask.fill_null(value=False)
        frame = pl.DataFrame({"row_no": self.rows.filter(hit), "value": self.texts[name].filter(hit)})
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

    def _warn(self, values: pl.Series, name: str, code: str) -> pl.Series:
        """An optional column: texts that gave no value are dropped with a warning."""
        self._flag(values.is_null() & self.texts[name].is_not_null(), name, code, "warning")
        return values

    # ------------------------------------------------------------ groups of columns

    def _policy(self) -> None:
        number = self.texts["policy_number"].str.replace_all(r"\s+", " ")
        for problem in RowProblem:  # whatever is in such a row, its values may not be those of its headings
            self._flag(self.problems == problem.value, "policy_number", problem.value)
        self._flag(number.is_null(), "policy_number", "policy_number_missing")
        self._flag(number.str.contains(_SHORTENED), "policy_number", "policy_number_shortened")
        repeated = self.rows.is_in(self.plan.repeats.implode()) & number.is_not_null()
        self._flag(repeated, "policy_number", "policy_number_repeated")
        self._flag(number.str.len_chars() > _LONGEST["policy_number"], "policy_number", "too_long")
        code = self.texts["customer_code"].replace("0", None)
        # Two codes of 12 digits are shortened to the same text, and would make one customer of two.
        shortened = code.str.contains(_SHORTENED)
        self._flag(shortened, "customer_code", "customer_code_shortened", "warning")
        code = pl.select(pl.when(~shortened).then(code))[:, 0]
        self._flag(code.str.len_chars() > _LONGEST["customer_code"], "customer_code", "too_long")
        self.out |= {"policy_number": number, "customer_code": code}

    def _person(self) -> None:
        whole = self.texts["customer_name"].str.replace_all(r"\s+", " ").str.replace(_TITLE, "")
        given = self.texts["first_name"].str.replace_all(r"\s+", " ").str.replace(_TITLE, "")
        split = whole.str.extract_groups(r"^(?:(.*) )?(\S+)$").struct.unnest()
        names = pl.DataFrame(
            {"given": given, "family": self.texts["last_name"], "front": split["1"], "back": split["2"]}
        )
        alone = pl.col("front").is_null()
        names = names.select(
            pl.coalesce("given", pl.when(alone).then("back").otherwise("front")).alias("first"),
            pl.coalesce("family", pl.when(pl.col("given").is_null() & ~alone).then("back"), pl.lit("")).alias("last"),
        )
        column = "customer_name" if self._has("customer_name") else "first_name"
        length = names["first"].str.len_chars() + names["last"].str.len_chars()
        self._flag(names["first"].is_null() | (length < 2), column, "name_missing")
        too_long = (names["first"].str.len_chars() > _LONGEST["first_name"]) | (
            names["last"].str.len_chars() > _LONGEST["last_name"]
        )
        self._flag(too_long, column, "too_long")
        self.out |= {"first_name": names["first"], "last_name": names["last"]}
        pan = (
            self.texts["pan"].str.to_uppercase().str.replace_all(r"[\s-]", "").str.extract(r"^([A-Z]{5}[0-9]{4}[A-Z])$")
        )
        self.out["pan"] = self._warn(pan, "pan", "pan_invalid")
        self.out["gender"] = self._warn(words.meaning(self.texts["gender"], words.GENDERS), "gender", "gender_unknown")
        self._address()

    def _address(self) -> None:
        pincode = (
            words.ascii_digits(self.texts["pincode"])
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
        email = self.texts["email"].str.to_lowercase().str.replace_all(r"^mailto:|\s", "")
        fits = email.str.contains(_EMAIL) & (email.str.len_bytes() <= 254) & ~self.texts["email"].str.contains(r"\s")
        email = pl.select(pl.when(fits).then(email))[:, 0]
        written, shortened = _in_full(words.ascii_digits(self.texts["phone"]))
        written = written.str.replace(r"\.0+$", "").str.replace_all(r"[\s().\-\x{00a0}\x{2010}-\x{2015}]", "")
        phone = pl.select(pl.lit("+91") + written.str.extract(_PHONE))[:, 0]
        bad = email.is_null() & phone.is_null()
        self._flag(bad & shortened, "phone", "contact_shortened")
        self._flag(bad & ~shortened, "phone" if self._has("phone") else "email", "no_valid_contact")
        self._flag(shortened, "phone", "phone_shortened", "warning")
        self._flag(
            phone.is_null() & self.texts["phone"].is_not_null() & ~shortened, "phone", "phone_invalid", "warning"
        )
        self.out |= {"email": self._warn(email, "email", "email_invalid"), "phone": phone}

    def _amount(self, name: str) -> pl.Series:
        """Rupees as text that a numeric column takes, rounded to paise; null where the text is no number."""
        text = words.ascii_digits(self.texts[name])
        text = text.str.replace_all(r"(?i)^'|₹|rs\.?|inr|रुपये|रु\.?|/-|[\s\x{00a0}]", "")
        number = pl.select(pl.when(text.str.contains(_MONEY)).then(text.str.replace_all(",", "", literal=True)))[:, 0]
        rupees = number.cast(pl.Float64, strict=False)  # by way of doubles: exact for the 15 digits that a column takes
        if text.str.contains(_IN_WORDS).any():
            parts = text.str.to_lowercase().str.extract_groups(_IN_WORDS).struct.unnest()
            counted = parts["1"].cast(pl.Float64, strict=False) * parts["2"].replace_strict(_UNITS, default=None)
            rupees = rupees.fill_null(counted)
        return rupees.round(2, mode="half_away_from_zero").cast(pl.Decimal(18, 2), strict=False)

    def _money(self) -> None:
        amounts = {}
        for name in ("premium_amount", "renewal_amount"):
            amount = amounts[name] = self._amount(name)
            self._flag(amount.is_null() & self.texts[name].is_not_null(), name, "premium_not_a_number")
            self._flag((amount <= 0) | (amount > _LARGEST), name, "premium_not_positive")
        premium, renewal = amounts["premium_amount"], amounts["renewal_amount"]
        blank = self.texts["premium_amount"].is_null() & self.texts["renewal_amount"].is_null()
        self._flag(blank, "premium_amount" if self._has("premium_amount") else "renewal_amount", "premium_missing")
        both = pl.DataFrame({"p": premium, "r": renewal}).select(p=pl.coalesce("p", "r"), r=pl.coalesce("r", "p"))
        insured = self._amount("sum_insured")
        insured = pl.select(pl.when((insured >= 0) & (insured <= _LARGEST_SUM)).then(insured))[:, 0]
        self.out |= {"premium_amount": both["p"], "renewal_amount": both["r"]}
        self.out["sum_insured"] = self._warn(insured, "sum_insured", "sum_insured_invalid")

    def _periods(self) -> None:
        for name in DATES:
            order = self.plan.orders.get(name, Order.DAY_FIRST)
            later = _CENTURY.get(name)
            past_before = None if later is None else self.today.year + later
            self.out[name] = dates.parse(words.ascii_digits(self.texts[name]), order, past_before)
        for name in ("start_date", "end_date"):
            self._flag(self.texts[name].is_null(), name, f"{name}_missing")
            self._flag(self.out[name].is_null() & self.texts[name].is_not_null(), name, f"{name}_invalid")
        self._flag(self.out["end_date"] <= self.out["start_date"], "end_date", "expiry_before_start")
        renewal = self._warn(self.out["renewal_date"], "renewal_date", "renewal_date_invalid")
        self.out["renewal_date"] = renewal.fill_null(self.out["end_date"])
        born = self.out["date_of_birth"]
        alive = (born < self.today) & (born > self.today.replace(year=self.today.year - 121, day=1))
        self.out["date_of_birth"] = self._warn(
            pl.select(pl.when(alive).then(born))[:, 0], "date_of_birth", "date_of_birth_invalid"
        )

    def _choices(self) -> None:
        for name, known in (
            ("customer_profile", words.PROFILES), ("preferred_language", words.LANGUAGES),
            ("payment_frequency", words.FREQUENCIES), ("priority", words.PRIORITIES),
        ):  # fmt: skip
            self.out[name] = self._warn(words.meaning(self.texts[name], known), name, f"{name}_unknown")
        sources = [name for name in ("policy_type", "product_name", "product_category") if self._has(name)]
        types = [words.product_type(self.texts[name]) for name in sources]
        kind = pl.select(pl.coalesce(*types, pl.lit(None, pl.String)) if types else pl.lit(None, pl.String))[:, 0]
        if kind.len() != self.rows.len():
            kind = pl.repeat(None, self.rows.len(), dtype=pl.String, eager=True)
        self._flag(kind.is_null(), sources[0] if sources else "policy_type", "policy_type_unknown")
        self.out["policy_type"] = kind
        category = words.product_type(self.texts["product_category"]).fill_null(kind)
        self.out["product_category"] = category.replace_strict(
            customers.CATEGORIES, default=None, return_dtype=pl.String
        )

    def _rest(self) -> None:
        channel = self.texts["channel"]
        self.out["channel"] = words.meaning(channel, words.CHANNELS).fill_null(channel)
        for name in ("product_name", "sub_channel", "branch", "region", "agent", "notes"):
            self.out[name] = self.texts[name]
        for name in ("product_name", "channel", "sub_channel", "branch", "region", "agent", "notes"):
            long = self.out[name].str.len_chars() > _LONGEST[name]
            self._flag(long, name, "shortened", "warning")
            self.out[name] = self.out[name].str.slice(0, _LONGEST[name])


def _in_full(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Numbers that a program wrote as 9.876543210E+09, in full; and which have lost digits, as 9.87654E+09 has.

    Excel writes the sign of the exponent and rounds; Java writes none and all digits but zeros at the end: 9.87654321E9.
    """
    cut = texts.str.contains(_SCIENTIFIC).fill_null(value=False)
    if not cut.any():
        return texts, cut
    parts = texts.str.extract_groups(_SCIENTIFIC).struct.unnest()
    digits = pl.col("1") + pl.col("2").fill_null("")
    length = pl.col("4").cast(pl.UInt8) + 1
    lost = digits.str.len_bytes() + (pl.col("3") == "").cast(pl.UInt8) < length
    full = pl.when(~lost).then(digits.str.pad_end(length, "0").str.slice(0, length))
    found = parts.select(full.alias("full"), lost.fill_null(value=False).alias("lost"))
    return pl.select(pl.when(cut).then(found["full"]).otherwise(texts))[:, 0], found["lost"]
