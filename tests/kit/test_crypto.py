"""Signed links survive what mail and chat programs do to them, and keys survive a rotation."""

import pytest

from py360.kit import crypto
from py360.kit.crypto import BadToken
from py360.kit.settings import Settings, settings

FIRST = "a-key-of-the-tests-long-enough-to-be-one"


@pytest.mark.parametrize("behind", ["", ".", "!", "?", ")", "),", "।", "'", "]", "...", "”"])
def test_punctuation_behind_a_link_is_not_part_of_it(configured: Settings, behind: str) -> None:
    assert crypto.verify("pay", crypto.sign("pay", "42:extra") + behind) == "42:extra"


@pytest.mark.parametrize("token", ["", ".", "x", "NDI.", "NDI.AAAAAAAAAAAAAAAAAAAAAA", "!!!", "ы.ы"])
def test_other_tokens_are_refused(configured: Settings, token: str) -> None:
    with pytest.raises(BadToken):
        crypto.verify("pay", token)
    with pytest.raises(BadToken):
        crypto.verify("open", crypto.sign("pay", "42"))


def test_a_previous_key_still_opens_and_verifies(configured: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PY360_SECRET_KEY", FIRST)
    settings.cache_clear()
    token, sealed = crypto.sign("pay", "42"), crypto.seal("a secret")
    monkeypatch.setenv("PY360_PREVIOUS_SECRET_KEYS", FIRST)
    monkeypatch.setenv("PY360_SECRET_KEY", "another key of the tests, long enough")
    settings.cache_clear()
    assert (crypto.verify("pay", token), crypto.unseal(sealed)) == ("42", "a secret")
    again = crypto.reseal(sealed)
    monkeypatch.delenv("PY360_PREVIOUS_SECRET_KEYS")
    settings.cache_clear()
    assert crypto.unseal(again) == "a secret"
    with pytest.raises(ValueError, match="another key"):
        crypto.unseal(sealed)
    with pytest.raises(BadToken):
        crypto.verify("pay", token)
