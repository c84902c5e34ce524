"""Where webhooks may lead: by https, to what anybody on the internet could reach."""

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit, urlunsplit

from vzaimo.notify.domain.refusals import BadAddress

_PRINTABLE = re.compile(r"[!-~]+")
_NAT64 = IPv6Network("64:ff9b::/96")
_UNICAST = IPv6Network("2000::/3")
_PORTS = {"https": 443, "http": 80}


def checked(address: str, *, anywhere: bool = False) -> str:
    """The address with its host in ASCII. Raises ``BadAddress``.

    ``anywhere``: the operator allows http, other ports, and private hosts. Where a name leads is seen when a
    connection is made, each time: ``reachable``.
    """
    try:
        parts = urlsplit(address)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii")
    except ValueError:
        raise BadAddress("malformed") from None
    if parts.scheme not in (_PORTS if anywhere else {"https"}):
        raise BadAddress("not-https")
    if "@" in parts.netloc:
        raise BadAddress("credentials")
    if not host:
        raise BadAddress("no-host")
    if port not in {None, _PORTS[parts.scheme]} and not anywhere:
        raise BadAddress("other-port")
    if not anywhere and not _public(host):
        raise BadAddress("not-public")
    if parts.fragment:
        raise BadAddress("fragment")
    netloc = f"[{host}]" if ":" in host else host
    if port is not None:
        netloc = f"{netloc}:{port}"
    made = urlunsplit((parts.scheme, netloc, parts.path or "/", parts.query, ""))
    # urlsplit drops line feeds and tabs by itself: what was sent is looked at, too.
    if not _PRINTABLE.fullmatch(made) or re.search(r"[\x00-\x20]", address):
        raise BadAddress("malformed")
    return made


def origin(address: str) -> str:
    """Scheme and host: what may be shown of an address that is forgotten."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def host_of(address: str) -> str:
    """The host, as people are told of it."""
    return urlsplit(address).hostname or ""


def reachable(address: str) -> bool:
    """Whether an IP address is one of the open internet: no network of ours, however it is written."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        within = found.ipv4_mapped
        if within is None and found in _NAT64:
            within = IPv4Address(int(found) & 0xFFFFFFFF)
        if within is None:
            tunnel = found.sixtofour is not None or found.teredo is not None
            return found in _UNICAST and found.is_global and not tunnel
        found = within
    return found.is_global and not found.is_multicast


def _public(host: str) -> bool:
    try:
        return reachable(host)
    except ValueError:  # a name: it has a dot, as every name on the internet has
        return "." in host.strip(".")
