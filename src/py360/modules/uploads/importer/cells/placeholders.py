"""Texts that stand for "nothing": `(blank)`, `#NAME?`, `N/a`, `—`, TBA, Not Available, XXXX, उपलब्ध नहीं.

They are recognised by rule, whatever their case and punctuation: as a customer code one would make one customer of many, as
a name or a policy number it would be somebody's.
"""

from typing import Final

import polars as pl

_ERROR_VALUE: Final = (
    r"(?i)^#(.*[!?]|n/?a\b.*|getting_data|error|spill|calc|name|ref|null|value|num|busy|field|blocked|unknown|connect)$"
    r"|^#(nv|n/?d|brak|hodnota|wert|bezug)$|^(value|ref|name|num|null|div/0|n/a)[!?]$|^err(or)?[ .:]*[0-9]+$|^\\n$"
)
_WORD: Final = (
    "na|naa|nap|true|false|nil|nill|null|none|nan|nat|void|blank|empty|missing|undefined|tba|tbd|tbc|tbn|tbi|unk|unknown|anonymous|pending|awaited"
    "|awaiting|waiting|unavailable|unassigned|unallocated|unallotted|unspecified|undisclosed|novalue|nodata|noname|none given|nothing|same|same as above|as above|ditto|do|idem"
    "|nullnull|nanan|nana|nilnil|undefinedundefined|objectobject|system dbnull|datana|test|dummy|will update|to update"
    "|இல்லை|తెలియదు|లేదు|ಇಲ್ಲ|ഇല്ല|નથી|નથી ખબર|নেই|নাই|ਨਹੀਂ|ਨਹੀ|ନାହିଁ|نہیں|نامعلوم|तदैव|उपरोक्त"
    "|शून्य|रिक्त|खाली|अज्ञात|अनुपलब्ध|लंबित|लम्बित|प्रतीक्षित|प्रतीक्षारत|निरंक|निल|एनए|नहीं|नही|नाही"
)
_PARTICIPLE: Final = (
    "available|applicable|avail|known|given|provided|assigned|allotted|alloted|allocated|issued|generated|found|set|mentioned|specified"
    "|received|updated|captured|recorded|entered|required|registered|defined|shared|disclosed|yet.*"
)
_PHRASE: Final = (
    rf"^((policy |customer |client )?(data|details?|value|number|no|code|name) )?not( yet)? ?({_PARTICIPLE}|av[a-z]{{1,6}}|on (file|record)s?)( yet)?( na)?$"
    r"|^(policy|number|certificate|document) (awaited|pending|not received|under issuance)$|^unknown (customer|client|name|person|number)$"
    r"|^(dear|valued|esteemed) (customer|client|policy ?holder|sir|madam)$|^sir( or)? madam$|^(customer|client|policy holder|insured)( name)?$"
    r"|^(to be|yet to( be)?) \p{L}+( \p{L}+)?$"
    r"|^(pending|awaiting|awaited|waiting)( for)? \p{L}+( \p{L}+)?$"
    r"|^(under|in) (process|progress|preparation|issue|issuance)$"
    r"|^no (data|value|name|number|no|code|id|info|information|records?|details?|policy|entry|customer|client)( \p{L}+)?$"
    r"|^\S+( \S+)? (नहीं|नही|नाही)( है| आहे)?$|^(जारी|आवंटित) होना है$"
)
_FILLING: Final = r"^(x{2,}|0+)$"
_LONGEST: Final = 100  # bytes; what is longer says something


def is_placeholder(texts: pl.Series) -> pl.Series:
    """Which texts stand for nothing; null where there is no text. Each distinct text is looked at once,
    and none with a digit: `Err:508` apart, nothing has no number."""
    possible = (~texts.str.contains("[1-9]") | texts.str.contains(r"(?i)^\s*err")) & (texts.str.len_bytes() <= _LONGEST)
    distinct = texts.filter(possible.fill_null(value=False)).unique()
    spaced = distinct.str.normalize("NFKC").str.to_lowercase().str.replace_all(r"[\p{P}\p{S}\s\p{Cf}]+", " ")
    spaced = spaced.str.strip_chars()
    joined = spaced.str.replace_all(" ", "", literal=True)
    nothing = (
        (joined == "")
        | joined.str.contains(rf"^({_WORD.replace(' ', '')})$")
        | joined.str.contains(_FILLING)
        | joined.str.contains(rf"^not({_PARTICIPLE})$")
        | spaced.str.contains(_PHRASE)
        | distinct.str.normalize("NFKC").str.strip_chars().str.contains(_ERROR_VALUE)
    )
    found = distinct.filter(nothing)
    return texts.is_in(found.implode()) if found.len() else texts.is_null() & texts.is_not_null()


def without_placeholders(texts: pl.Series) -> pl.Series:
    """The same texts with null for those that stand for nothing."""
    mask = is_placeholder(texts)
    return pl.select(pl.when(~mask).then(texts))[:, 0] if mask.any() else texts
