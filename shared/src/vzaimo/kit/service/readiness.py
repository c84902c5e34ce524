"""When a service is ready, and when it takes commands."""

from datetime import timedelta

from vzaimo.kit.bus import Standing
from vzaimo.kit.http import Check, Problem
from vzaimo.kit.inbound import Inbound
from vzaimo.kit.migrations import NewerSchema, check
from vzaimo.kit.relay import Relay
from vzaimo.kit.service.parts import Parts
from vzaimo.kit.settings import Settings
from vzaimo.kit.work import Works

RETRY_AFTER = 5


class Readiness:
    """Answers from what relay and consumers know already; only the store is asked."""

    def __init__(
        self, parts: Parts, settings: Settings, works: Works, *, relay: Relay, inbound: Inbound, standing: Standing
    ) -> None:
        self._parts = parts
        self._settings = settings
        self._works = works
        self._relay = relay
        self._inbound = inbound
        self._standing = standing

    async def writes_allowed(self) -> None:
        """Raise the problem ``writes-refused`` where a command might rest on too old knowledge, or get lost."""
        state, clock = self._relay.state, self._works.clock
        if state.behind is not None:
            raise _refused("store-restored", 60)
        if state.backlog > self._settings.outbox_bound:
            raise _refused("outbox-full", 30)
        if not self._parts.subscriptions:
            return
        if state.away_since is not None:
            if clock.now() - state.away_since > timedelta(minutes=self._settings.away_minutes):
                raise _refused("bus-away", 30)
            return
        lag = self._inbound.lag_of("role")
        if lag is not None and lag > timedelta(seconds=self._settings.stale_roles_seconds):
            raise _refused("roles-behind", RETRY_AFTER)

    async def check_store(self) -> Check:
        """The store answers."""
        await self._works.database.answers()
        return Check(name="store", ok=True)

    async def check_schema(self) -> Check:
        """The store has the code's schema, or a newer one.

        A newer one refuses to be started on; here it came while we ran, by the first process of an upgrade. Revisions
        add and take nothing away, so the others serve on until their turn comes.
        """
        try:
            await check(self._works.database, self._parts.schemas)
        except NewerSchema:
            return Check(name="schema", ok=True, degraded=True, detail="the store was upgraded: start that version")
        return Check(name="schema", ok=True)

    async def check_bus(self) -> Check:
        """The bus is there; a gateway goes on without, a worker does not."""
        state = self._relay.state
        if state.behind is not None:
            detail = f"the store is older than stream {state.behind.stream}: run `vzaimo reconcile {self._parts.name}`"
            return Check(name="bus", ok=False, detail=detail)
        refusal = self._standing.refusal
        if state.connected:
            return Check(name="bus", ok=True, degraded=bool(refusal), detail=refusal or f"{state.backlog} facts wait")
        ok = self._settings.role != "worker"
        return Check(name="bus", ok=ok, degraded=True, detail=f"{refusal or 'away'}; facts wait in the outbox")

    async def check_copies(self) -> Check:
        """The copies have been level with their streams once."""
        caught_up = self._inbound.caught_up or self._settings.role == "api"
        behind = {name: lag for name, lag in self._inbound.lag.items() if lag}
        detail = ", ".join(f"{name} {lag}" for name, lag in behind.items())
        return Check(
            name="copies", ok=caught_up or not self._relay.state.connected, degraded=not caught_up, detail=detail
        )


def _refused(reason: str, seconds: int) -> Problem:
    return Problem("writes-refused", {"reason": reason, "retry_after": seconds}, retry_after=str(seconds))
