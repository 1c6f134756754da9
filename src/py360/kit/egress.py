"""Where our own connections may go: never into this machine or its private networks because a user typed an address.

Addresses of vendors come from the catalogue or from the operator's settings. A host that a user typed is checked when it is
saved, so that the person is notified, and again at every connection, so that neither a DNS answer that changes later nor a
redirect leads inside. The operator allows networks by `PY360_VENDOR_NETWORKS`.
"""

import asyncio
import errno
import ipaddress
import socket
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

from py360.kit.settings import settings

_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_UNICAST: Final = ipaddress.ip_network("2000::/3")  # what of IPv6 is given out (IANA, IPv6 Address Space)
# Public by number only: the IETF's own and the Oracle cloud's metadata; the Azure hosts' service for their guests.
_INSIDE: Final = (ipaddress.ip_network("192.0.0.0/24"), ipaddress.ip_network("168.63.129.16/32"))
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class AddressNotAllowed(OSError):
    """A host is inside: on this machine, in a private network, or link-local."""

    def __init__(self, host: str) -> None:
        super().__init__(errno.EACCES, _refusal(host))

    def __str__(self) -> str:
        return str(self.strerror)


def _embedded(address: _Address) -> _Address:
    """The IPv4 address that an IPv6 one stands for (mapped, 6to4, NAT64), or the address itself."""
    if isinstance(address, ipaddress.IPv6Address):
        if inner := address.ipv4_mapped or address.sixtofour:
            return inner
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def is_allowed(ip: str) -> bool:
    """Whether a connection to this address is allowed: a public one, or one of a network that the operator allows."""
    address = _embedded(ipaddress.ip_address(ip.partition("%")[0]))
    if any(address in network for network in settings().vendor_network_list):
        return True
    if isinstance(address, ipaddress.IPv6Address):
        return address.is_global and address in _UNICAST
    return address.is_global and not address.is_multicast and not any(address in network for network in _INSIDE)


def is_this_machine(ip: str) -> bool:
    """Whether an address is this machine's own loopback."""
    return ipaddress.ip_address(ip.partition("%")[0]).is_loopback


def _refusal(host: str) -> str:
    return (
        f"“{host[:100]}” is on this machine or in a private network. Use a public host, or ask the operator to allow its"
        " network with PY360_VENDOR_NETWORKS."
    )


async def check_host(host: str) -> None:
    """Look a host up and raise AddressNotAllowed unless every one of its addresses is allowed; OSError when it has none."""
    await addresses_of(host)


async def addresses_of(host: str) -> list[str]:
    """The addresses of a host, to connect to one of them; raises AddressNotAllowed unless every one is allowed.

    Who looks a host up, checks it and looks it up again to connect may be led elsewhere the second time.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return _allowed(host, [str(each[4][0]) for each in found])


async def open_socket(host: str, port: int, seconds: float) -> socket.socket:
    """A connection to a host that a user typed, for libraries that take one. Raises AddressNotAllowed before it is opened, and OSError."""
    last: OSError | None = None
    for address in await addresses_of(host):
        made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        try:
            made.setblocking(False)
            async with asyncio.timeout(seconds):
                await asyncio.get_running_loop().sock_connect(made, (address, port))
        except BaseException as error:
            made.close()
            if not isinstance(error, OSError):
                raise
            last = error
        else:
            return made
    raise last or OSError(errno.EHOSTUNREACH, f"{host} has no address")


def connect(host: str, port: int, seconds: float) -> socket.socket:
    """A connection to a host that a user typed, for libraries that block. Raises AddressNotAllowed before one is opened, and OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    last: OSError | None = None
    for address in _allowed(host, [str(each[4][0]) for each in found]):
        try:
            return socket.create_connection((address, port), seconds)
        except OSError as error:
            last = error
    raise last or OSError(errno.EHOSTUNREACH, f"{host} has no address")


def _allowed(host: str, addresses: Sequence[str]) -> list[str]:
    if not all(map(is_allowed, addresses)):
        raise AddressNotAllowed(host)
    return list(dict.fromkeys(addresses))


async def refusal_of(address: str) -> str | None:
    """Why a host or base address that a user typed is refused, as a sentence; None when it is allowed, or cannot be found now."""
    host = host_of(address)
    if address.lower().startswith("http:") and not _is_listed(host):
        return "The address must begin with https:// so that secrets are not sent in the clear."
    try:
        await check_host(host)
    except AddressNotAllowed as error:
        return str(error)
    except OSError:
        return None  # no such host at the moment: the test of the account says so
    return None


async def refusal_of_url(address: str) -> str | None:
    """As `refusal_of`, for a whole address, whose path and query are the receiver's matter."""
    try:
        parts = urlsplit(address)
        return await refusal_of(f"{parts.scheme}://{parts.netloc}")
    except ValueError:  # of urlsplit, of names that no domain can have, or from `host_of`
        return "Enter a web address such as https://example.com/mails, without a name and password in it."


def host_of(address: str) -> str:
    """The host of a base address such as `https://api.example.com/v1`; a bare host is its own.

    Raises ValueError unless the address is plain: http or https, without sign-in, query or fragment.
    """
    if "://" not in address:
        return address
    parts = urlsplit(address)
    host, _ = parts.hostname, parts.port
    plain = not (parts.username or parts.password or parts.query or parts.fragment or "\\" in address)
    if not host or parts.scheme not in {"https", "http"} or not plain or any(sign <= " " for sign in address):
        raise ValueError("must be a plain web address such as https://api.example.com")
    return host


def _is_listed(host: str) -> bool:
    """Whether plain http may be spoken to a host: only in the networks that the operator allows."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return bool(settings().vendor_network_list)  # every connection is checked by its address
    return any(address in network for network in settings().vendor_network_list)


def connector(limit: int, *, trusted: bool = False) -> aiohttp.TCPConnector:
    """A connector of aiohttp that opens connections only to allowed addresses; `trusted`: to the operator's own, such as the sandbox."""
    if trusted:
        return aiohttp.TCPConnector(limit=limit)
    return aiohttp.TCPConnector(limit=limit, socket_factory=_checked_socket)


def _checked_socket(address: tuple[Any, ...]) -> socket.socket:
    family, kind, protocol, _, target = address
    host = str(target[0])
    if not is_allowed(host):
        raise AddressNotAllowed(host)
    made = socket.socket(family, kind, protocol)
    made.setblocking(False)
    return made
