"""Words that offices write in columns with a fixed set of values, in English and Hindi, and what each means to us."""

from typing import Final

import polars as pl

_DEVANAGARI: Final = {digit: str(number) for number, digit in enumerate("०१२३४५६७८९")}
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

# The first pattern that a product's name meets decides; the specific stand before the general.
PRODUCTS: Final = (
    (r"travel|overseas|student abroad|schengen|यात्रा", "travel"),
    (r"health|medic|hospital|critical illness|personal accident|family floater|mediclaim|arogya|स्वास्थ्य", "health"),
    (r"commercial vehicle|private car|([234]|two|three|four).?wheeler|\b[234]w\b|\b(car|bike|scooter|vehicle|motor|auto|taxi|truck|gcv|pcv|tractor)\b"
     r"|third party|own damage|वाहन|मोटर|कार\b", "motor"),
    (r"\blife\b|\bterm\b|endowment|ulip|annuity|pension|money ?back|whole life|jeevan|जीवन", "life"),
    (r"\bhome\b|house|property|household|building|dwelling|griha|गृह|घर|संपत्ति", "home"),
    (r"commercial|business|\bsme\b|shop|marine|liability|\bfire\b|burglary|engineering|workmen|corporate|udyam|व्यापार|वाणिज्यिक",
     "commercial"),
)  # fmt: skip


def _key(texts: pl.Series) -> pl.Series:
    return texts.str.to_lowercase().str.replace_all(r"[-_./ ]+", " ").str.strip_chars()


def _by_distinct(texts: pl.Series, meaning: pl.Series, distinct: pl.Series) -> pl.Series:
    frame = pl.DataFrame({"text": distinct, "meaning": meaning})
    return pl.DataFrame({"text": texts}).join(frame, on="text", how="left", maintain_order="left")["meaning"]


def ascii_digits(texts: pl.Series) -> pl.Series:
    """Digits of the Devanagari script as those that machines read."""
    return texts.str.replace_many(_DEVANAGARI) if texts.str.contains("[०-९]").any() else texts


def meaning(texts: pl.Series, words: dict[str, str]) -> pl.Series:
    """What each text means; null where we do not know the word."""
    distinct = texts.drop_nulls().unique()
    return _by_distinct(texts, _key(distinct).replace_strict(words, default=None, return_dtype=pl.String), distinct)


def product_type(texts: pl.Series) -> pl.Series:
    """The kind of policy that a product's words speak of; null where they do not say."""
    distinct = texts.drop_nulls().unique()
    lower = pl.col("text").str.to_lowercase()
    types = pl.coalesce(
        *(pl.when(lower.str.contains(pattern)).then(pl.lit(kind)) for pattern, kind in PRODUCTS),
        pl.lit(None, pl.String),
    )
    frame = distinct.to_frame("text").with_columns(types.alias("meaning"))
    return _by_distinct(texts, frame["meaning"], distinct)
