"""How often one person, and one address, may call."""

import ipaddress
import time
from collections.abc import Sequence

from fastapi import Request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from vzaimo.kit.http.problems import Problem


class Limits:
    """Counters in this process, a minute at a time. Zero calls a minute switches a limit off."""

    def __init__(self, *, per_person: int = 1200, per_address: int = 6000, trusted_proxies: Sequence[str] = ()) -> None:
        self._counters = FixedWindowRateLimiter(MemoryStorage())
        self._person = RateLimitItemPerMinute(per_person, namespace="person") if per_person else None
        self._address = RateLimitItemPerMinute(per_address, namespace="address") if per_address else None
        self._trusted = [ipaddress.ip_network(network) for network in trusted_proxies]

    def check_person(self, person: str) -> None:
        """Count a call. Raises the problem ``too-many-requests``."""
        self._check(self._person, person)

    def check_address(self, request: Request) -> None:
        """Count a call by the address that it came from, seen past trusted proxies only."""
        if self._address is not None and request.client is not None:
            self._check(self._address, self._origin(request, request.client.host))

    def _origin(self, request: Request, peer: str) -> str:
        forwarded = [part.strip() for part in request.headers.get("x-forwarded-for", "").split(",") if part.strip()]
        while forwarded and self._trusts(peer):
            peer = forwarded.pop()
        return peer

    def _trusts(self, address: str) -> bool:
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self._trusted)

    def _check(self, limit: RateLimitItemPerMinute | None, whose: str) -> None:
        if limit is None or self._counters.hit(limit, whose):
            return
        wait = max(1, round(self._counters.get_window_stats(limit, whose).reset_time - time.time()))
        raise Problem("too-many-requests", {"retry_after": wait}, retry_after=str(wait))
