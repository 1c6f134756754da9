"""Counting sign-ins before they are checked, so that parallel guesses are counted like those one after the other.

A guess is counted per account and source (an address, or a device that signed in before), per account over all unknown
sources, and per source over all accounts. Each count locks only what it counts, longer each time. So an attacker locks
their own source; the owner signs in from theirs, and from a known device even while unknown ones are locked (ADR 79).
"""

import hashlib
import ipaddress
from dataclasses import dataclass
from typing import Final

from py360.kit import resources
from py360.modules.identity.errors import AccountLocked

PER_ACCOUNT_AND_SOURCE: Final = 5
PER_ACCOUNT: Final = 20  # from unknown sources, all together
PER_SOURCE: Final = 100  # from a source that is unknown to the accounts, all together
FIRST_LOCK_SECONDS: Final = 900  # then twice as long each time
LONGEST_LOCK_SECONDS: Final = 86_400
KEPT_SECONDS: Final = 2 * LONGEST_LOCK_SECONDS

# KEYS: one hash of counts. ARGV: now, first lock, longest lock, seconds to keep, then a name and its limit, again and again.
# Counts each name, unless one of them is locked: then nothing is counted. Returns the seconds to wait, 0 when admitted.
_RESERVE: Final = """
local now, first, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local wait = 0
for i = 5, #ARGV, 2 do
  local until_ = tonumber(redis.call('HGET', KEYS[1], 'until:' .. ARGV[i]) or '0')
  if until_ > now then wait = math.max(wait, until_ - now) end
end
if wait > 0 then return wait end
for i = 5, #ARGV, 2 do
  local count = redis.call('HINCRBY', KEYS[1], 'count:' .. ARGV[i], 1)
  local limit = tonumber(ARGV[i + 1])
  if count % limit == 0 then
    local seconds = math.min(longest, first * 2 ^ (count / limit - 1))
    redis.call('HSET', KEYS[1], 'until:' .. ARGV[i], string.format('%d', now + seconds))
  end
end
redis.call('EXPIRE', KEYS[1], ARGV[4])
return 0
"""
# KEYS: the hash. ARGV: the name that starts again, then the names that give back one count, each with its limit.
_RELEASE: Final = """
redis.call('HDEL', KEYS[1], 'count:' .. ARGV[1], 'until:' .. ARGV[1])
for i = 2, #ARGV, 2 do
  local count = tonumber(redis.call('HGET', KEYS[1], 'count:' .. ARGV[i]) or '0')
  if count > 0 then
    if count % tonumber(ARGV[i + 1]) == 0 then redis.call('HDEL', KEYS[1], 'until:' .. ARGV[i]) end
    redis.call('HINCRBY', KEYS[1], 'count:' .. ARGV[i], -1)
  end
end
return 0
"""
_ALL: Final = "*"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sign-in: the account's address, where it comes from, and whether the account has signed in from there before."""

    email: str
    source: str
    known: bool


def clean_address(text: str | None) -> str | None:
    """A network address as it is stored; None for what is none, such as a gateway's odd X-Forwarded-For."""
    try:
        address = ipaddress.ip_address((text or "").partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(address)


def source_of(ip_address: str | None) -> str:
    """The source of an address: the address, and of IPv6 the network of one customer (/64)."""
    text = clean_address(ip_address)
    if text is None:
        return "unknown"
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return text


async def reserve(attempt: Attempt) -> None:
    """Count a sign-in before its password is checked; raises AccountLocked, saying how long to wait."""
    if not attempt.known:
        await _count(_source_key(attempt.source), [_ALL, PER_SOURCE])
    names: list[str | int] = [attempt.source, PER_ACCOUNT_AND_SOURCE]
    if not attempt.known:
        names += [_ALL, PER_ACCOUNT]
    await _count(_account_key(attempt.email), names)


async def _count(key: str, names: list[str | int]) -> None:
    here = resources.current()
    now = int(here.clock.now().timestamp())
    wait = int(
        await here.cache.eval(_RESERVE, 1, key, now, FIRST_LOCK_SECONDS, LONGEST_LOCK_SECONDS, KEPT_SECONDS, *names)
    )
    if wait:
        raise AccountLocked(_sentence(wait), headers={"Retry-After": str(wait)})


def _sentence(seconds: int) -> str:
    minutes = -(-seconds // 60)
    wait = f"{minutes} minutes" if minutes > 1 else "a minute"
    return (
        f"Too many wrong passwords. Wait {wait} and try again, or set a new password with “Forgot password”:"
        " that also unlocks the account."
    )


async def release(attempt: Attempt) -> None:
    """The password was right: this sign-in was no guess."""
    cache = resources.current().cache
    shared = [] if attempt.known else [_ALL, PER_ACCOUNT]
    await cache.eval(_RELEASE, 1, _account_key(attempt.email), attempt.source, *shared)
    if not attempt.known:
        await cache.eval(_RELEASE, 1, _source_key(attempt.source), "-", _ALL, PER_SOURCE)


async def locked_until(email: str) -> float | None:
    """Until when (epoch seconds) unknown sources cannot sign in to an account; None when they can."""
    text = await resources.current().cache.hget(_account_key(email), f"until:{_ALL}")
    return float(text) if text else None


async def unlock(email: str) -> None:
    """Forget every wrong password of an account: its owner has proven who they are, or an administrator unlocks it."""
    await resources.current().cache.delete(_account_key(email))


def _account_key(email: str) -> str:
    return "sign-in:account:" + hashlib.sha256(email.strip().lower().encode()).hexdigest()


def _source_key(source: str) -> str:
    return f"sign-in:source:{source}"
