"""Which addresses may be fetched: public ones, so that a feed list or a redirect can't reach into a private network.

The guard stands where names become addresses: the connection is made to the very addresses that were checked, so that a
name which answers differently the second time (DNS rebinding) gains nothing.
"""

import asyncio
import contextlib
import ipaddress
import socket
import threading
from collections.abc import Iterator
from typing import Any, Final

from aiohttp.abc import AbstractResolver, ResolveResult

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_UNICAST: Final = ipaddress.ip_network("2000::/3")
"""All that IANA has given out of IPv6 for use between networks (RFC 4291). What lies outside is local, reserved or an
old way to write IPv4 addresses."""


class PrivateAddressError(OSError):
    """A host leads to an address that is not public."""


def may_connect(address: Address, *, allow_loopback: bool) -> bool:
    """Tell whether an address may be fetched; addresses of one family that carry another are judged by both."""
    return all(_is_open(part, allow_loopback=allow_loopback) for part in _parts(address))


def _parts(address: Address) -> Iterator[Address]:
    """Yield the address itself, unless it only stands for another one, and the IPv4 address in it."""
    if isinstance(address, ipaddress.IPv4Address):
        yield address
    elif address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    elif address in _NAT64:
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    else:
        yield address
        if address.sixtofour is not None:
            yield address.sixtofour
        if address.teredo is not None:
            yield from address.teredo


def _is_open(address: Address, *, allow_loopback: bool) -> bool:
    if address.is_loopback:
        return allow_loopback
    known = isinstance(address, ipaddress.IPv4Address) or address in _UNICAST
    return known and address.is_global and not address.is_multicast


def literal_address(host: str) -> Address | None:
    """Read a host that is an address and no name: dotted, IPv6, or one of the short, octal and hex forms that
    connecting understands as well. None for a name.
    """
    bare = host.strip("[]").partition("%")[0]
    try:
        return ipaddress.ip_address(bare)
    except ValueError:
        pass
    if not bare or not all(part and part[0].isdigit() for part in bare.split(".")):
        return None
    try:
        return ipaddress.IPv4Address(socket.inet_aton(bare))
    except (OSError, UnicodeError):
        return None


class GuardedResolver(AbstractResolver):
    """Resolves names, and refuses those with any address that may not be fetched."""

    def __init__(self, *, allow_loopback: bool) -> None:
        self._allow_loopback = allow_loopback

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of a name. Raises PrivateAddressError, OSError."""
        found = await _look_up(host, port, family)
        for result in found:
            address = ipaddress.ip_address(result["host"].partition("%")[0])
            if not may_connect(address, allow_loopback=self._allow_loopback):
                raise PrivateAddressError(f"{host} leads to an address that is not public")
        return found

    async def close(self) -> None:
        """Nothing is held."""


async def _look_up(host: str, port: int, family: int) -> list[ResolveResult]:
    """Ask the system for addresses, in a thread of its own: a name server that hangs holds up no other name, and no
    exit. Raises OSError.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[Any]] = loop.create_future()

    def ask() -> None:
        found: list[Any] | OSError
        try:
            found = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG)
        except OSError as error:
            found = error
        except UnicodeError:
            found = OSError("the name is no host name")
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_settle, answer, found)

    threading.Thread(target=ask, name="resolve", daemon=True).start()
    return [
        ResolveResult(
            hostname=host,
            host=place[0],
            port=place[1],
            family=kind,
            proto=protocol,
            flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
        )
        for kind, _, protocol, _, place in await answer
    ]


def _settle(answer: "asyncio.Future[list[Any]]", found: list[Any] | OSError) -> None:
    if answer.done():
        return
    if isinstance(found, OSError):
        answer.set_exception(found)
    else:
        answer.set_result(found)
