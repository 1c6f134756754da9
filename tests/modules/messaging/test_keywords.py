"""How people say stop and start: every spelling of the lists, and what is no request."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from py360.modules.messaging.engagement import keywords
from py360.modules.messaging.engagement.keywords import meaning

LISTS = tomllib.loads(Path(keywords.__file__).with_name("stop_words.toml").read_text(encoding="utf-8"))
LANGUAGES = ("en", "hi", "ur", "bn", "ta", "te", "mr", "gu", "kn", "ml", "pa", "or", "as")
STOPS = sorted({phrase for each in LISTS.values() for phrase in (*each["stop"], *each["weak"])})
STARTS = sorted({phrase for each in LISTS.values() for phrase in each["start"]})
FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
BOLD = {code: 0x1D400 + code - 65 for code in range(65, 91)} | {code: 0x1D41A + code - 97 for code in range(97, 123)}
SPELLINGS = {
    "as it is": lambda text: text,
    "capitals": str.upper,
    "full width": lambda text: text.translate(FULL_WIDTH),
    "bold letters": lambda text: text.translate(BOLD),
    "an emoji with its variation selector": lambda text: f"\u270b\ufe0f {text} \u2757\ufe0f",
    "a zero-width joiner in every place": "\u200d".join,
    "a zero-width space in every place": "\u200b".join,
    "a left-to-right mark before it": lambda text: f"\u200e{text}\u200e",
    "quotes and exclamation marks": lambda text: f"“{text}”!!",
    "a danda": lambda text: f"{text}।",
    "hyphens": lambda text: text.replace(" ", "-"),
    "underscores": lambda text: text.replace(" ", "_"),
    "several blanks and lines around it": lambda text: f"\n  {text.replace(' ', '   ')}  \n",
    "please before it": lambda text: f"Please {text}",
    "thanks behind it": lambda text: f"{text}, thank you",
    "three times": lambda text: f"{text} {text} {text}" if " " not in text else text,
}


def test_every_language_of_our_customers_has_its_words() -> None:
    assert tuple(LISTS) == LANGUAGES
    assert all(LISTS[language]["stop"] and LISTS[language]["start"] for language in LANGUAGES)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_stop_word_counts_in_every_spelling(spelling: str) -> None:
    spell = SPELLINGS[spelling]
    assert [phrase for phrase in STOPS if meaning(spell(phrase)) != "stop"] == []


@pytest.mark.parametrize("spelling", [each for each in SPELLINGS if each not in {"three times"}])
def test_every_start_word_counts_in_every_spelling(spelling: str) -> None:
    spell = SPELLINGS[spelling]
    assert [phrase for phrase in STARTS if meaning(spell(phrase)) != "start"] == []


@pytest.mark.parametrize(
    "text",
    [
        "Stop. Thank you",
        "stop promo",
        "STOP1",
        "S T O P",
        "s.t.o.p.",
        "stooop",
        "🅂🅃🄾🅿",
        "🛑",
        "⛔️ 🚫!",
        "ѕtор",  # with Cyrillic letters
        "🇸🇹🇴🇵",
        "unsubscribe me",
        "I want to opt out",
        "please stop sending me messages",
        "I don't want to receive any more renewal reminders",
        "stop policy renewal reminders",
        "no more messages please",
        "Remove me from your list",
        "I have paid already. STOP",
        "STOP\n\nSent from my phone",
        "STOP_PROMOTIONS",
        "മെസേജ് നിര്‍ത്തുക",  # with the old chillu: consonant, virama, joiner
        "बन्द कर दीजिए",
        "कृपया संदेश न भेजें",
        "mujhe message mat bhejo",
        "msg band karo",
        "मैसेज नको",
        "ಸಂದೇಶ ಬೇಡ",
        "بند كرو",  # with the Arabic kaf
        "বন্ধ করুন",
        "বন্ধ কৰক",
        "ST0P",
        "5TOP",
        "ꜱᴛᴏᴘ",  # small capitals, as programs for fancy texts write
        "unsubcirbe",
        "un-subscribe",
        "wrong number",
        "i said stop",
        "i am not interested please stop",
        "no thanks stop",
        "i request you to stop sending messages",
        "put me on DND",
        "i no longer want messages",
        "मेरा नंबर हटाओ",
        "बंद करो यार",
        "bnd kro",
        "msg na kre",
        "फोन मत करो",
        "message ki zarurat nahi",
        "مہربانی کر کے مجھے تنگ مت کرو",
        "برائے مہربانی بند کریں",
        "msg korben na",
        "বিরক্ত করবেন না",
        "மெசேஜ் வேணாம்",
        "message pannadhinga",
        "message cheyyoddu",
        "కాల్ చేయవద్దు",
        "मेसेज करू नका",
        "મેસેજ ન કરો",
        "message madbedi",
        "ಕಳಿಸಬೇಡ",
        "മെസ്സേജ് ചെയ്യരുത്",
        "ਫੋਨ ਨਾ ਕਰੋ",
        "মেছেজ নকৰিব",
        "STOP or I will report you to TRAI",
        "stop warna complain karunga",
        "Stop - Asha",
        "stop thanks & regards Asha",
        "Paid already please stop messages",
        "pls stp",
        "रुक जाओ",
        "disturb mat karo",
        "mat bheja karo",
        "nai chahiye",
        "wrong person",
        "STOP Asha",
        "STOP (Asha Patil)",
        "STOP +91 98200 12345",
        "STOP SHRIRAM",
        "Asha Patil STOP",
        "S\u034fT\u034fO\u034fP",  # with combining grapheme joiners
        "s\u0336t\u0336o\u0336p\u0336",  # struck through
        "بند\u200cکریں",  # with a non-joiner between its words
        "lose my number",
        "> Your policy is due\nSTOP",
        "> STOP",
        "stop sending massages",
        "action=stop",
        "bro stop",
        "STOP to opt out",
        "I like your service but stop messaging me",
        "सब ठीक है लेकिन मैसेज बंद करो",
        "faltu message band karo",
        "message band karna hai",
        "मुझे लिस्ट से हटा दो",
        "मेसेज नाही पाहिजे",
        "મને મેસેજ ન મોકલશો",
        "మెసేజ్ చేయొద్దు",
        "ನನ್ನ ನಂಬರ್ ತೆಗೆಯಿರಿ",
        "بند کر دو یار",
        "ਤੰਗ ਨਾ ਕਰੋ",
        "ହଇରାଣ କରନ୍ତୁ ନାହିଁ",
    ],
)
def test_a_request_may_be_polite_and_name_what_is_to_stop(text: str) -> None:
    assert meaning(text) == "stop"


@pytest.mark.parametrize(
    "text",
    [
        "please don't stop",
        "please don’t stop sending messages",
        "Please do not stop my cover",
        "I don't want to stop",
        "do not unsubscribe me",
        "never stop",
        "बंद मत करो",
        "संदेश बंद न करें",
        "band mat karo",
        "When does it end?",
        "end of month please",
        "I want to cancel my policy",
        "stop renewal of my policy",
        "the payment page does not stop loading",
        "is it near the bus stop",
        "no message received",
        "mail me the policy",
        "kab tak band hoga",
        "mera phone number badal gaya",
        "My phone no. is 98200 12345",
        "> Your policy is due. Reply STOP to stop messages\nYes, renew it",
        "WhatsApp no 98200 12345",
        "Liked “Your policy is due on 1 December. Reply STOP to stop”",
        "👍 to “ Your policy is due. Reply STOP to stop. ”",
        "Removed a heart from “Reply STOP to stop”",
        "ok but don't stop",
        "renew it but stop the auto debit",
        "बंद है",
        "मला पैसे नाही पाहिजे",
        "call me tomorrow",
        "mujhe phone karo",
        "message nahi mila",
        "is this the wrong number?",
        "my policy is blocked",
        "tang ho gaya",
        "5000 paid",
        "unstop",
        "DO NOT STOP",
        "Never STOP",
        "STOP PAYMENT",
        "yes",
        "ok",
        "",
        "...",
        "👍🏽",
    ],
)
def test_a_sentence_that_holds_the_word_is_no_request(text: str) -> None:
    assert meaning(text) != "stop"


def test_start_must_be_the_whole_message() -> None:
    assert meaning("please START again") == "start"
    assert meaning("When does my policy start?") is None
    assert meaning("Start. When does it begin") is None


def test_a_stop_in_a_buttons_payload_outdoes_its_label() -> None:
    assert meaning("संदेश प्राप्त करें", "STOP") == "stop"
    assert meaning("start", "stop") == "stop"


@settings(deadline=None)
@given(st.text(max_size=3_000))
def test_no_text_is_too_strange(text: str) -> None:
    assert meaning(text) in {"stop", "start", None}


@settings(deadline=None)
@given(st.sampled_from(STOPS), st.text(st.characters(categories=("P", "S", "Z", "Cf")), max_size=20))
def test_marks_around_a_stop_word_change_nothing(phrase: str, marks: str) -> None:
    assert meaning(f"{marks} {phrase} {marks}") == "stop"
