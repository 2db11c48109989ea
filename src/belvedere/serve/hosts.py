"""Names by which this machine may be called: the guard answers to no other."""

import contextlib
import ipaddress
import socket
import struct
import sys

LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")
EVERYWHERE = ("0.0.0.0", "::", "")
_SIOCGIFADDR = 0x8915  # linux/sockios.h: the IPv4 address of a network card


def allowed_hosts(host: str) -> tuple[str, ...]:
    """Names for a server that listens at `host`: the local ones, and those of the host, or of all network cards.

    Examples
    --------
    >>> allowed_hosts("192.0.2.7")
    ('localhost', '127.0.0.1', '[::1]', '192.0.2.7')
    """
    plain = host.strip("[]")
    if plain in EVERYWHERE:
        names = {socket.gethostname().lower(), socket.getfqdn().lower(), *own_addresses()}
    else:
        names = set() if is_loopback(host) else {plain}
    bracketed = (f"[{name}]" if ":" in name else name for name in sorted(names))
    return (*LOCAL_HOSTS, *(name for name in bracketed if name not in LOCAL_HOSTS))


def own_addresses() -> list[str]:
    """Addresses of this machine, those that others can reach first; nothing is sent to find them."""
    found = set(_card_addresses())
    with contextlib.suppress(OSError):
        found |= {str(entry[4][0]).partition("%")[0] for entry in socket.getaddrinfo(socket.gethostname(), None)}
    return sorted(found, key=lambda address: (is_loopback(address), ":" in address, address))


def _card_addresses() -> list[str]:
    """IPv4 addresses of all network cards, asked of the kernel; empty where it cannot be asked."""
    if sys.platform != "linux":
        return []
    import fcntl

    addresses = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        for _, card in socket.if_nameindex():
            with contextlib.suppress(OSError):
                answer = fcntl.ioctl(line.fileno(), _SIOCGIFADDR, struct.pack("256s", card.encode()[:15]))
                addresses.append(socket.inet_ntoa(answer[20:24]))
    return addresses


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a host."""
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def shown_host(host: str) -> str:
    """The name to put into a link."""
    plain = host.strip("[]")
    if plain in EVERYWHERE:
        plain = next(iter(own_addresses()), "127.0.0.1")
    return f"[{plain}]" if ":" in plain else plain
