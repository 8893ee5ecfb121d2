"""Which addresses may be fetched: public ones, so that a feed list or a redirect can't reach into a private network.

The guard stands where names become addresses: the connection is made to the very addresses that were checked, so that a
name which answers differently the second time (DNS rebinding) gains nothing.
"""

import ipaddress
import socket
from collections.abc import Iterator

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class PrivateAddressError(OSError):
    """A host leads to an address that is not public."""


def may_connect(address: Address, *, allow_loopback: bool) -> bool:
    """Tell whether an address may be fetched; addresses of one family that carry another are judged by both."""
    return all(_is_open(part, allow_loopback=allow_loopback) for part in _parts(address))


def _parts(address: Address) -> Iterator[Address]:
    if isinstance(address, ipaddress.IPv4Address):
        yield address
        return
    embedded = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
    if embedded is None and address in _NAT64:
        embedded = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if embedded is not None:
        yield embedded
    if not address.ipv4_mapped and address not in _NAT64:
        yield address


def _is_open(address: Address, *, allow_loopback: bool) -> bool:
    if address.is_loopback:
        return allow_loopback
    return address.is_global and not address.is_multicast


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
        self._inner = ThreadedResolver()
        self._allow_loopback = allow_loopback

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of a name. Raises PrivateAddressError, OSError."""
        found = await self._inner.resolve(host, port, family)
        for result in found:
            address = ipaddress.ip_address(result["host"].partition("%")[0])
            if not may_connect(address, allow_loopback=self._allow_loopback):
                raise PrivateAddressError(f"{host} leads to an address that is not public")
        return found

    async def close(self) -> None:
        """Nothing is held."""
        await self._inner.close()
