"""Which addresses may be connected to, and which spellings of a host are addresses."""

import ipaddress

import pytest

from connectors.address_guard import literal_address, may_connect

PUBLIC = ["8.8.8.8", "93.184.216.34", "2606:2800:220:1::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]
LOOPBACK = ["127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::1"]
PRIVATE = {
    "networks of houses": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fd12::1", "fec0::1"],
    "behind a carrier": ["100.64.0.1", "100.127.255.254"],
    "this link": ["169.254.0.1", "169.254.169.254", "fe80::1", "fe80::a9fe:a9fe"],
    "this machine": ["0.0.0.0", "0.1.2.3", "::"],
    "many at once": ["224.0.0.1", "239.1.1.1", "255.255.255.255", "ff02::1", "ff0e::1"],
    "reserved": ["240.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.9", "2001:db8::1", "100::1"],
    "written as IPv6": ["::7f00:1", "::a00:1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe"],
    "tunnels": ["2002:a00:1::1", "2001:0:a00:1::1", "64:ff9b:1::a00:1"],
}  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_open(address):
    """Also those that carry a public address of the other family."""
    assert may_connect(ipaddress.ip_address(address), allow_loopback=False)


@pytest.mark.parametrize("address", [each for group in PRIVATE.values() for each in group])
@pytest.mark.parametrize("allow_loopback", [False, True])
def test_addresses_that_are_not_public_are_closed(address, allow_loopback):
    """However they are written, and also where loopback is permitted."""
    assert not may_connect(ipaddress.ip_address(address), allow_loopback=allow_loopback)


@pytest.mark.parametrize("address", LOOPBACK)
def test_loopback_needs_permission(address):
    """Only the demo may ask the machine that it runs on."""
    parsed = ipaddress.ip_address(address)
    assert (may_connect(parsed, allow_loopback=False), may_connect(parsed, allow_loopback=True)) == (False, True)


@pytest.mark.parametrize(
    "host,address",
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("[::1]", "::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("0", "0.0.0.0"),
    ],
)
def test_every_spelling_of_an_address_is_one(host, address):
    """What connecting would take for an address is judged as one."""
    assert str(literal_address(host)) == address


@pytest.mark.parametrize("host", ["news.example", "1and1.example", "a.1", "", ".", "x.0x7f"])
def test_names_are_no_addresses(host):
    """Names go to the resolver, which judges what they lead to."""
    assert literal_address(host) is None
