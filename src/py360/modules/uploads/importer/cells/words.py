"""Words that offices write in columns with a fixed set of values, in English and Hindi, and what each means to us."""

from collections.abc import Sequence
from typing import Final

import polars as pl

GENDERS: Final = {
    "m": "male", "male": "male", "man": "male", "mr": "male", "पुरुष": "male", "f": "female", "female": "female",
    "woman": "female", "महिला": "female", "स्त्री": "female", "o": "other", "other": "other", "others": "other", "t": "other",
    "transgender": "other", "third gender": "other", "अन्य": "other",
}  # fmt: skip
FREQUENCIES: Final = {
    "annual": "annual", "annually": "annual", "yearly": "annual", "y": "annual", "a": "annual", "वार्षिक": "annual",
    "half yearly": "half_yearly", "halfyearly": "half_yearly", "half year": "half_yearly", "semi annual": "half_yearly",
    "semi annually": "half_yearly", "hly": "half_yearly", "h": "half_yearly", "अर्धवार्षिक": "half_yearly",
    "छमाही": "half_yearly", "quarterly": "quarterly", "qly": "quarterly", "q": "quarterly", "quarter": "quarterly",
    "त्रैमासिक": "quarterly", "तिमाही": "quarterly", "monthly": "monthly", "mly": "monthly", "m": "monthly",
    "month": "monthly", "मासिक": "monthly", "one time": "one_time", "onetime": "one_time", "single": "one_time",
    "single premium": "one_time", "lump sum": "one_time", "एकमुश्त": "one_time",
}  # fmt: skip
# How exports shorten a frequency: YLY, Half-Yly, Qtrly, and the ways of paying that are monthly by nature.
_FREQUENCY_RULES: Final = (
    (r"\b(half|semi|hly|half ?yly)|^(bi ?annual|h ?l?y|h y)|\b6 ?m|\bsix month|अर्ध|अर्द्ध|छ[ःह]? ?माही", "half_yearly"),
    (r"\b(q(ua)?r?t|qly)|^qy|\b3 ?m|\bthree month", "quarterly"),
    (r"^(1 |one |per |every |each |once an? |once every )?(ann?u|year|yr|yly)|\b(yearly|annual|yly|yrly)|^p ?a$|\b12 ?m|^sal(ana|aana)|सालाना|वार्षिक", "annual"),
    (r"\b(month|mth|mon|mly)|^(p ?m$|1 ?m$|g?sss$|salary sav|(nach|ecs|e ?nach|si|auto debit)( m)?$)|^masik|मासिक", "monthly"),
    (r"^(single|one ?time|lump|full payment|sp$)|एकल", "one_time"),
)  # fmt: skip
PROFILES: Final = {
    "normal": "normal", "regular": "normal", "retail": "normal", "standard": "normal", "hni": "hni",
    "high net worth": "hni", "super hni": "super_hni", "uhni": "super_hni", "vip": "vip",
}  # fmt: skip
PRIORITIES: Final = {
    "yes": "high", "y": "high", "true": "high", "1": "high", "priority": "high", "हाँ": "high", "no": "medium",
    "n": "medium", "false": "medium", "0": "medium", "normal": "medium", "नहीं": "medium", "low": "low",
    "medium": "medium", "high": "high", "urgent": "urgent",
}  # fmt: skip
LANGUAGES: Final = {
    name: code
    for code, *names in (
        ("en", "english", "अंग्रेज़ी"), ("hi", "hindi", "हिन्दी", "हिंदी"), ("bn", "bengali", "bangla", "বাংলা"),
        ("te", "telugu", "తెలుగు"), ("mr", "marathi", "मराठी"), ("ta", "tamil", "தமிழ்"), ("gu", "gujarati", "ગુજરાતી"),
        ("ml", "malayalam", "മലയാളം"), ("kn", "kannada", "ಕನ್ನಡ"), ("pa", "punjabi", "ਪੰਜਾਬੀ"), ("as", "assamese", "অসমীয়া"),
        ("or", "odia", "oriya", "ଓଡ଼ିଆ"), ("ur", "urdu", "اردو"),
    )
    for name in (code, *names)
}  # fmt: skip
CHANNELS: Final = {
    "online": "Online", "web": "Online", "website": "Online", "online portal": "Online", "digital": "Online",
    "mobile app": "Online", "branch": "Branch", "branch office": "Branch", "walk in": "Branch",
    "telecalling": "Telecalling", "tele calling": "Telecalling", "telesales": "Telecalling", "outbound": "Telecalling",
    "call center": "Call Center", "call centre": "Call Center", "inbound": "Call Center", "partner": "Partner",
    "bank": "Partner", "bancassurance": "Partner", "broker": "Partner", "corporate sales": "Partner",
    "agent": "Partner", "agency": "Partner", "agent network": "Partner",
}  # fmt: skip

# The first pattern that a product's name meets decides; the specific are before the general.
PRODUCTS: Final = (
    (r"\bshop|contractor'?s?'? all risks?|erection all risks?|\boffice (package|umbrella)|(product|public) liability|professional indemnity",
     "commercial"),
    (r"travel|overseas|student abroad|schengen|यात्रा", "travel"),
    (r"health|medic|hospital|critical illness|personal accident|family floater|mediclaim|arogya|स्वास्थ्य", "health"),
    (r"commercial vehicle|motor ?cycle|rickshaw|(goods|passenger) carrying|\bmisc[- ]?d\b|\btw\b|\bbus\b|दो ?पहिया|private car|([234]|two|three|four).?wheeler|\b[234]w\b|\b(car|bike|scooter|vehicle|motor|auto|taxi|truck|gcv|pcv|tractor)\b"
     r"|third party|own damage|वाहन|मोटर|कार\b", "motor"),
    (r"\blife\b|\bterm\b|endowment|ulip|annuity|pension|money ?back|whole life|jeevan|जीवन", "life"),
    (r"\bhome\b|house|property|household|building|dwelling|griha|गृह|घर|संपत्ति", "home"),
    (r"commercial|business|\bsme\b|shop|marine|liability|\bfire\b|burglary|engineering|workmen|corporate|udyam|व्यापार|वाणिज्यिक",
     "commercial"),
)  # fmt: skip
# Words of a cover, which say how much is insured and for how long, not what: they decide only where nothing else does.
_COVER: Final = (
    r"\b(long[- ]?term|short[- ]?term|(multi|single|three|five|[0-9])[- ]?years?( term)?( policy)?|(stand ?-?alone|sa)\b|od only|own damage|saod"
    r"|act (only|liability)|(third[- ]party|tp)( liability)?( only)?|liability only|comprehensive|package|bundled?|floater|individual|group"
    r"|renewal|roll ?over|fresh|new|policy|cover|plan)\b|^\s*(act|liability|liab|tp|od|term)\s*$"
)


_FOR_LONG: Final = r"(?i)\blong[- ]?term\b"  # of any kind of policy
_MOTORS_COVER: Final = r"\b(od|saod|tp)\b|\bact (only|liability)|\bliability only|own damage|third party"


def _key(texts: pl.Series) -> pl.Series:
    return texts.str.to_lowercase().str.replace_all(r"[-_./ ]+", " ").str.strip_chars()


def _by_distinct(texts: pl.Series, meaning: pl.Series, distinct: pl.Series) -> pl.Series:
    frame = pl.DataFrame({"text": distinct, "meaning": meaning})
    return pl.DataFrame({"text": texts}).join(frame, on="text", how="left", maintain_order="left")["meaning"]


def meaning(texts: pl.Series, words: dict[str, str]) -> pl.Series:
    """What each text means; null where we do not know the word."""
    distinct = texts.drop_nulls().unique()
    return _by_distinct(texts, _key(distinct).replace_strict(words, default=None, return_dtype=pl.String), distinct)


def frequency(texts: pl.Series) -> pl.Series:
    """How often a premium is paid; null where the text does not say."""
    distinct = texts.drop_nulls().unique()
    keys = _key(distinct)
    known = keys.replace_strict(FREQUENCIES, default=None, return_dtype=pl.String)
    ruled = keys.to_frame("key").select(_first(pl.col("key"), _FREQUENCY_RULES))[:, 0]
    return _by_distinct(texts, known.fill_null(ruled), distinct)


def _first(text: pl.Expr, rules: Sequence[tuple[str, str]]) -> pl.Expr:
    """The meaning of the first rule that a text meets."""
    return pl.coalesce(
        *(pl.when(text.str.contains(pattern)).then(pl.lit(kind)) for pattern, kind in rules), pl.lit(None, pl.String)
    )


def product_type(sources: Sequence[pl.Series]) -> pl.Series:
    """The kind of policy that a row's columns are about, the first that says it; null where none does.

    Words of a cover are no kind: `Liability Only` of a Private Car is a motor policy, `Long Term` of a home is not life. Where
    nothing else is said, the covers that only motor policies have say so.
    """
    named = [_kind(texts, without_cover=True) for texts in sources]
    covers = [_kind(texts.str.replace_all(_FOR_LONG, " "), without_cover=False) for texts in sources]
    return pl.select(pl.coalesce(*named, *covers))[:, 0]


def _kind(texts: pl.Series, without_cover: bool) -> pl.Series:
    distinct = texts.drop_nulls().unique()
    lower = distinct.str.to_lowercase().to_frame("text")
    if without_cover:
        lower = lower.with_columns(pl.col("text").str.replace_all(_COVER, " "))
    rules = PRODUCTS if without_cover else ((_MOTORS_COVER, "motor"), *PRODUCTS)
    return _by_distinct(texts, lower.select(_first(pl.col("text"), rules))[:, 0], distinct)
