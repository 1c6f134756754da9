"""Who a mail server's refusal is about: the recipient, us, or this message (RFC 5321, RFC 3463, and what servers write).

Only what is about the recipient may suppress an address. A refusal about us (the sender's address, relaying, our IP address on
a block list, signing in) would meet every other message too. What cannot be distinguished is about this message alone.
"""

from collections.abc import Sequence
from enum import Enum
from typing import Final, NamedTuple


class Stage(Enum):
    """What a reply answers."""

    CONNECT = "connect"  # the greeting, EHLO, STARTTLS, AUTH
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"  # the command
    BODY = "body"  # the message itself


class About(Enum):
    """Who a refusal is about."""

    RECIPIENT = "recipient"  # the address does not exist
    ACCOUNT = "account"  # us: no other message would leave either
    MESSAGE = "message"  # this message, or unclear


class Reply(NamedTuple):
    """A server's reply: its code and its text (several lines as one)."""

    code: int
    text: str

    @property
    def enhanced(self) -> str:
        """The status code of RFC 3463 at the beginning of the text, such as 5.1.1; empty when there is none."""
        first = self.text.split(" ", 1)[0].strip()
        parts = first.split(".")
        fits = (
            len(parts) == 3
            and parts[0] in {"2", "4", "5"}
            and all(p.isascii() and p.isdigit() and len(p) <= 3 for p in parts)
        )
        return first if fits else ""


class Refusal(NamedTuple):
    """A reply that says no, and what it answers."""

    stage: Stage
    reply: Reply


# Destination mailbox, system or syntax is wrong, it has moved, it has a null MX; the mailbox is disabled.
_NO_SUCH_ADDRESS: Final = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
_SENDER_REFUSED: Final = frozenset({"5.1.7", "5.1.8", "5.1.9"})  # sender's syntax, sender's domain
# Security and policy codes that are about us: sign-in, encryption, SPF, DKIM, DMARC, reverse DNS, tenant relaying.
_POLICY_ON_US: Final = frozenset(
    f"5.7.{number}"
    for number in (
        *(0, 3, 4, 5, 8, 9, 10, 11, 13, 14, 15, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 57, 60, 64),
        *(*range(501, 516), *range(606, 650), *range(700, 751)),  # Microsoft: the sender's domain, IP address, tenant
    )
)
_RECIPIENT_IS_CLOSED: Final = frozenset({"5.7.12", "5.7.124", "5.7.129", "5.7.133", "5.7.134", "5.7.135", "5.7.136"})
_SIGN_IN: Final = frozenset({530, 534, 535, 538})
_OF_THE_SENDER: Final = (
    "sender address",
    "sender domain",
    "sender rejected",
    "sender denied",
    "sender is",
    "sender not",
    "return path",
)
_UNKNOWN_USER: Final = (
    "user unknown", "unknown user", "no such user", "user not found", "user does not exist", "user doesn't exist",
    "unknown recipient", "recipient unknown", "recipient not found", "no such recipient", "recipient does not exist",
    "no such mailbox", "mailbox not found", "mailbox does not exist", "mailbox unknown", "unknown mailbox", "no mailbox here",
    "mailbox is disabled", "mailbox disabled", "account is disabled", "account that you tried to reach does not exist",
    "account does not exist", "no such account", "unknown account", "address does not exist", "unknown address",
    "address unknown", "no such address", "invalid recipient", "invalid mailbox", "not a valid mailbox", "bad destination mailbox",
    "unrouteable address", "unroutable address", "domain not found", "no such domain", "unknown local part", "not our customer",
    "no longer exists", "no longer available", "has been disabled", "recipnotfound",
)  # fmt: skip
_OF_US: Final = (
    "relay", "rcpthosts", "client host", "blocked", "blacklist", "blocklist", "block list", "black list", "denylist", "spamhaus",
    "barracuda", "spamcop", "sorbs", "dnsbl", "rbl", "your ip", "sending ip", "ip address", "ip reputation", "reputation", "senderbase",
    "not authenticated", "unauthenticated", "authentication required", "authentication is required", "must authenticate", "not authorized",
    "not authorised", "spf", "dkim", "dmarc", "reverse dns", "rdns", "ptr record", "helo", "ehlo", "banned", "suspended", "for sender",
    "sending limit", "sending quota", "rate limit", "too many", "limit exceeded", "quota exceeded for sender", "not allowed to send",
    "not permitted to send", "service unavailable", "starttls", "encryption", "sender", "mail from", "from address", "from domain",
)  # fmt: skip


def _words(reply: Reply) -> str:
    """What the server says, without addresses: `relay.kumar@example.in` is no relay."""
    return " ".join(word for word in reply.text.lower().split() if "@" not in word)


def about(refusal: Refusal) -> About:
    """Who a permanent refusal is about."""
    stage, reply = refusal
    words, enhanced = _words(reply), reply.enhanced
    if stage in {Stage.CONNECT, Stage.MAIL} or reply.code in _SIGN_IN:
        return About.ACCOUNT
    if enhanced in _RECIPIENT_IS_CLOSED:
        return About.MESSAGE
    if enhanced in _SENDER_REFUSED or any(each in words for each in _OF_THE_SENDER):
        return About.ACCOUNT
    unknown = any(each in words for each in _UNKNOWN_USER)
    if unknown and not enhanced.startswith("5.7."):
        return About.RECIPIENT if stage is Stage.RCPT or enhanced in _NO_SUCH_ADDRESS else About.MESSAGE
    if any(each in words for each in _OF_US) and not enhanced.startswith("5.2."):
        return About.ACCOUNT
    if enhanced in _NO_SUCH_ADDRESS and stage is Stage.RCPT:
        return About.RECIPIENT
    return About.ACCOUNT if enhanced in _POLICY_ON_US else About.MESSAGE


def is_about_us_for_now(refusal: Refusal) -> bool:
    """Whether a temporary refusal is about us: the server takes no more from us at the moment."""
    stage, reply = refusal
    if stage in {Stage.CONNECT, Stage.MAIL} or reply.code == 421:
        return True
    if reply.enhanced.startswith("4.2."):  # the recipient's mailbox
        return False
    words = _words(reply)
    return "greylist" not in words and "graylist" not in words and any(each in words for each in _OF_US)


def first_refusal(replies: Sequence[Reply], stages: Sequence[Stage]) -> Refusal | None:
    """The first refusal among replies, and what it answers."""
    return next(
        (Refusal(stage, reply) for stage, reply in zip(stages, replies, strict=False) if reply.code >= 400), None
    )
