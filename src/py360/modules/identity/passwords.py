"""Passwords: argon2id at the cost OWASP recommends (19 MiB, 2 passes), computed in a thread, never in a transaction.

What may become a password follows NIST SP 800-63B: a length, no rules of composition, and a check against what is guessed
first. That check is zxcvbn's: lists of common passwords, names and words, keyboard rows, sequences, repetitions, dates, and
here the user's own name and address (ADR 78).
"""

import asyncio
import re
import secrets
import unicodedata
from collections.abc import Collection, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from py360.kit.errors import Invalid

MIN_LENGTH: Final = 12
MAX_LENGTH: Final = 200
MIN_GUESSES_LOG10: Final = 9.0  # ten times what zxcvbn calls safe against an offline attack on a slow hash
MIN_OTHER_LETTERS: Final = 4  # beside one's own name and address
MOST_BESIDE_A_WORD: Final = 8  # digits and symbols, as in Welcome@2026!!: no secret of their own
LOOKED_AT: Final = 64  # characters; the search takes quadratic time, and a password whose start is strong is strong
# What people of an office for insurance in India think of first, and the word for "password" of its languages.
_FIRST_THOUGHTS: Final = (
    "py360", "intelipro", "renewal", "renewals", "insurance", "policy", "premium", "claims", "jaishreeram", "jaishriram",
    "jaimatadi", "omnamahshivaya", "harekrishna", "saibaba", "waheguru", "vandemataram", "jaihind", "bharatmata", "namaste",
    "पासवर्ड", "संकेतशब्द", "কুলশব্দ", "পাসওয়ার্ড", "પાસવર્ડ", "ਪਾਸਵਰਡ", "ପାସୱାର୍ଡ", "கடவுச்சொல்", "పాస్వర్డ్", "ಪಾಸ್ವರ್ಡ್",
    "പാസ്‌വേഡ്", "پاسورڈ",
)  # fmt: skip
_SHIFTED: Final = str.maketrans("!@#$%^&*()", "1234567890")
_hasher: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def _one_spelling(password: str) -> str:
    """The same password from every keyboard: some compose letters that others send in parts (NIST SP 800-63B, 5.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


async def hash_password(password: str) -> str:
    """The hash to store."""
    return await asyncio.to_thread(_hasher.hash, _one_spelling(password))


async def matches(stored: str | None, password: str) -> bool:
    """Whether it is the password. Without a stored hash this takes as long and returns False: the time does not show who has an account."""
    return await asyncio.to_thread(_matches, stored, password)


def _matches(stored: str | None, password: str) -> bool:
    for spelling in dict.fromkeys((_one_spelling(password), password)):  # the second: hashes from before there was one
        with suppress(VerifyMismatchError, InvalidHashError):
            _hasher.verify(stored or _dummy_hash(), spelling)
            return stored is not None
    return False


@lru_cache(maxsize=1)
def _dummy_hash() -> str:
    return _hasher.hash(secrets.token_urlsafe(16))


def check_new(
    password: str, confirmation: str | None = None, field: str = "newPassword", about: Sequence[str] = ()
) -> None:
    """Refuse what must not become a password (domain reference, 3.1). `about`: the user's name and e-mail. Raises Invalid."""
    if confirmation is not None and confirmation != password:
        raise Invalid(
            "The two new passwords differ.", code="password_mismatch",
            details=[{"field": "confirmPassword", "message": "must equal the new password"}],
        )  # fmt: skip
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise Invalid(
            f"A password has {MIN_LENGTH} to {MAX_LENGTH} characters. A few words in a row are easy to remember.",
            code="password_length",
            details=[{"field": field, "message": f"must have {MIN_LENGTH} to {MAX_LENGTH} characters"}],
        )
    plain = "".join(sign for sign in _one_spelling(password) if unicodedata.category(sign) != "Cf")[:LOOKED_AT]
    own = {part for text in about for part in (text, *re.split(r"[\W_]+", text)) if len(part) > 2}
    if _is_made_of(plain, own) or _is_a_word(plain) or _guesses_log10(plain, own) < MIN_GUESSES_LOG10:
        raise Invalid(
            "This password is easy to guess: it is common, repeats itself, or is made of your name or address."
            " Choose a longer one, such as four words that do not belong together.",
            code="password_common",
            details=[{"field": field, "message": "is easy to guess"}],
        )


def _is_made_of(password: str, own: Collection[str]) -> bool:
    """Whether hardly a letter is left without what everybody knows of the user."""
    rest = password.casefold()
    for part in sorted(own, key=len, reverse=True):
        rest = rest.replace(part.casefold(), "")
    return rest != password.casefold() and sum(sign.isalpha() for sign in rest) < MIN_OTHER_LETTERS


def _is_a_word(password: str) -> bool:
    """Whether it is one word that everybody knows, with few digits and symbols beside it."""
    from zxcvbn.matching import RANKED_DICTIONARIES

    word = "".join(sign for sign in password.casefold() if unicodedata.category(sign)[0] in "LM")
    known = word in _FIRST_THOUGHTS or any(
        word in words for name, words in RANKED_DICTIONARIES.items() if name != "user_inputs"
    )
    return known and len(password) - len(word) <= MOST_BESIDE_A_WORD


def _guesses_log10(password: str, own: Collection[str]) -> float:
    """The fewest guesses, also where rows of the keyboard were typed with Shift held down."""
    from zxcvbn import zxcvbn  # its lists take 50 ms to load, and few processes set passwords

    known = [*own, *_FIRST_THOUGHTS]
    spellings = {password, password.translate(_SHIFTED)} - {""}
    found = [zxcvbn(each, user_inputs=known, max_length=LOOKED_AT)["guesses_log10"] for each in spellings]
    return float(min(found, default=0))
