"""Replicas of each service as processes over PostgreSQL and one bus, behind balancers; and a steady load."""

import asyncio
import contextlib
import itertools
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta

import httpx2
import psycopg
import pytest

from vzaimo.kit.bus import Access, connect
from vzaimo.kit.testing import eventually, postgres
from vzaimo.kit.testing.replicas import Balancer, Replica
from vzaimo.kit.testing.tokens import AUDIENCE, ISSUER, token, write_jwks

SERVICES = ("registry", "calendar", "requests", "notify")
MODERATOR, HOST, GUESTS = "moderator", "moskva", ("izhevsk", "tver")
SEATS = 6
WANTED = 4
"""By each of two guests: two of them wait."""
DRAIN = 3.0
ENDPOINTS_DELAY = 1.0
"""Seconds after which the balancer knows that a replica leaves."""
IDLE = 0.5
"""Seconds that callers keep a connection that they do not use: less than DRAIN, so that each hears of the leaving."""
NOT_YET = {"actor-not-yet-known", "unknown-event", "city-not-active"}
"""What a service answers that has not heard of something: its caller asks again."""
OPERATOR = "o" * 40


READS = {"registry": "/cities", "calendar": "/events", "requests": "/needs", "notify": "/preferences"}
"""One of each service."""


def authorised(who):
    return {"Authorization": f"Bearer {token(who, email=f'{who}@city.example')}"} if who is not None else {}


class Failed(Exception):
    """A request that no caller should have to repeat."""


class Fleet:
    """The replicas, and how to call them."""

    def __init__(self, urls, nats_server, smtp_sink, folder, spawn):
        self.urls = urls
        self.nats = nats_server
        self.smtp = smtp_sink
        self.folder = folder
        self.spawn = spawn
        self.balancers = {name: Balancer() for name in SERVICES}
        self.replicas = {name: [] for name in SERVICES}
        self._started = []
        self.answers = Counter()
        """By service and kind: 'ok', or what went wrong."""
        self.patient = False
        """Whether callers come again after an answer 503."""
        self.operator = OPERATOR
        self.seats = SEATS, WANTED
        self._numbers, self._seasons = itertools.count(), itertools.count()
        self._ending = asyncio.Event()
        self._kept = httpx2.AsyncClient(timeout=60, limits=httpx2.Limits(keepalive_expiry=IDLE))
        self._fresh = httpx2.AsyncClient(timeout=60, limits=httpx2.Limits(max_keepalive_connections=0))

    def environment(self, service):
        return {
            "VZAIMO_DATABASE_URL": self.urls[service],
            "VZAIMO_NATS_URL": self.nats.url,
            "VZAIMO_ISSUER": ISSUER,
            "VZAIMO_AUDIENCE": AUDIENCE,
            "VZAIMO_JWKS": write_jwks(self.folder),
            "VZAIMO_OPERATOR_TOKEN": OPERATOR,
            "VZAIMO_DRAIN_SECONDS": str(DRAIN),
            "VZAIMO_CALLS_PER_PERSON": "0",
            "VZAIMO_CALLS_PER_ADDRESS": "0",
            "VZAIMO_INVITATION_KEY": "k" * 40,
            "VZAIMO_FIRST_MODERATOR": f"{MODERATOR}@city.example",
            "VZAIMO_SMTP_HOST": "127.0.0.1",
            "VZAIMO_SMTP_PORT": str(self.smtp.port),
            "VZAIMO_PORTAL_URL": "https://portal.example",
        }

    async def start(self, replicas):
        """So many of each, all at once: they migrate the same empty stores."""
        await asyncio.gather(*(balancer.start() for balancer in self.balancers.values()))
        await asyncio.gather(*(self.add(name) for name in SERVICES for _ in range(replicas)))

    async def add(self, service):
        number = next(self._numbers)
        replica = Replica(service, self.environment(service), self.folder / f"{service}-{number}.log", self.spawn)
        self._started.append(replica)
        await replica.start()
        self.replicas[service].append(replica)
        self.balancers[service].put_in(replica.port)
        return replica

    async def leave(self, service, replica):
        """As a pod leaves: it is told to stop, and the balancer hears of it later."""
        self.replicas[service].remove(replica)
        ended = asyncio.create_task(replica.stop())
        await asyncio.sleep(ENDPOINTS_DELAY)
        self.balancers[service].take_out(replica.port)
        assert await ended == 0, replica.log.read_text()[-3000:]

    async def stop(self):
        await self._kept.aclose()
        await self._fresh.aclose()
        await asyncio.gather(*(balancer.stop() for balancer in self.balancers.values()))
        for replica in self._started:
            await replica.end()

    async def send(self, method, service, path, who=None, body=None, *, fresh=False):
        """A request through the balancer, again while something is not known yet. Raises ``Failed`` for all else."""
        headers = {"Idempotency-Key": uuid.uuid4().hex, **authorised(who)}
        client = self._fresh if fresh else self._kept
        url = f"{self.balancers[service].url}/v1{path}"

        async def answered():
            try:
                answer = await client.request(method, url, json=body, headers=headers)
            except httpx2.TransportError as error:
                raise self._failed(service, f"{type(error).__name__} {method}") from error
            if answer.is_success:
                return answer
            kind = answer.json()["type"].rpartition("/")[2]
            if answer.status_code == httpx2.codes.SERVICE_UNAVAILABLE and self.patient:
                assert int(answer.headers["Retry-After"]) > 0
                self.answers[service, "unavailable"] += 1
            elif kind not in NOT_YET:
                raise self._failed(service, f"{answer.status_code} {kind} {method} {answer.text}")
            return None

        answer = await eventually(answered, f"{method} {path}", patience=120)
        self.answers[service, "ok"] += 1
        return answer.json()

    def _failed(self, service, what):
        self.answers[service, what] += 1
        return Failed(what)

    async def answer(self, status):
        """A read of each service is answered so, sooner or later."""
        for service, path in READS.items():
            url = f"{self.balancers[service].url}/v1{path}"

            async def answered(url=url):
                answer = await self._fresh.get(url, headers=authorised(HOST))
                assert answer.status_code in {200, 503}, answer.text
                return answer.status_code == status

            await eventually(answered, f"{status} of {service}", patience=120)

    async def settle(self):
        """A moderator, the host and its guests."""

        def invited():
            return [mail for mail in self.smtp.mails if mail["To"] == f"{MODERATOR}@city.example"]

        mail = (await eventually(invited, "the invitation"))[0]
        secret = mail.get_content().split("secret=")[1].split()[0]
        await self.send("POST", "registry", "/invitations/accept", MODERATOR, {"secret": secret, "name": "М"})
        for city in (HOST, *GUESTS):
            body = {"id": city, "name": city, "region": "—", "timezone": "Europe/Moscow", "contact": {"name": city}}
            agreement = {"number": f"№ {city}", "signed_on": "2026-09-01"}
            await self.send("POST", "registry", "/cities", city, body)
            await self.send("POST", "registry", f"/cities/{city}/admit", MODERATOR)
            await self.send("PUT", "registry", f"/cities/{city}/agreement", MODERATOR, agreement)
            await self.send("POST", "registry", f"/cities/{city}/activate", MODERATOR)
        for service, path in READS.items():
            await self.send("GET", service, path, HOST)  # each has heard of the host, or waits for it

    async def load(self, callers):
        """Seasons by several callers at once, until ``whole``; a season with a failure counts for nothing."""

        async def call():
            done = 0
            while not self._ending.is_set():
                with contextlib.suppress(Failed):
                    await self._season(next(self._seasons))
                    done += 1
            return done

        return sum(await asyncio.gather(*(call() for _ in range(callers))))

    async def whole(self, load):
        """End the load; how many seasons there were."""
        self._ending.set()
        return await load

    async def _season(self, number):
        """Nine commands about one event, and the reads of those who look on."""
        place = {"city": HOST, "name": f"Школа {number}", "kind": "school"}
        await self.send("POST", "registry", "/organisations", HOST, place)
        event = (await self.send("POST", "calendar", "/events", HOST, visit(number)))["id"]
        await self.send("POST", "calendar", f"/events/{event}/announce", HOST)
        for city in GUESTS:
            delegates = [{"rank": rank, "name": "Участник", "role": "teacher"} for rank in range(1, WANTED + 1)]
            asked = {"event": event, "city": city, "mode": "in_person", "delegates": delegates}
            request = (await self.send("POST", "requests", "/requests", city, asked))["id"]
            await self.send("POST", "requests", f"/requests/{request}/submit", city, {"schedule_revision": 1})
            await self.send("POST", "requests", f"/requests/{request}/decision", HOST, {"verdict": "approve"})
            await self.send("GET", "notify", "/inbox", city)
        await self.send("GET", "registry", "/cities", fresh=True)
        await self.send("GET", "calendar", f"/events/{event}", fresh=True)
        await self.send("GET", "requests", f"/events/{event}/seats", fresh=True)
        await self.send("GET", "notify", "/preferences", HOST, fresh=True)

    def query(self, service, sql):
        with psycopg.connect(self.urls[service]) as store:
            return store.execute(sql).fetchall()

    @contextlib.asynccontextmanager
    async def jetstream(self):
        client = await connect(Access(self.nats.url), "test")
        try:
            yield client.jetstream()
        finally:
            await client.close()

    async def quiet(self):
        """Everything is published, handled and mailed, as the bus and the stores say."""

        async def still(js):
            counts = []
            for name in SERVICES:
                if self.query(name, "SELECT 1 FROM outbox WHERE stream_seq IS NULL LIMIT 1"):
                    return False
                stream = name.upper()
                counts.append((await js.stream_info(stream)).state.last_seq)
                consumers = await js.consumers_info(stream)
                if any(one.num_pending or one.num_ack_pending for one in consumers):
                    return False
            waiting = "SELECT 1 FROM delivery WHERE status IN ('queued', 'retrying') LIMIT 1"
            return False if self.query("notify", waiting) else counts

        async def twice(js):
            # What was handled may have said something new.
            before = await still(js)
            return before and before == await still(js)

        async with self.jetstream() as js:
            await eventually(lambda: twice(js), "quiet", patience=120)


def visit(number):
    """Far enough ahead for every deadline, by the clock of the processes."""
    day = (datetime.now(UTC) + timedelta(days=60)).date()
    return {
        "host": HOST,
        "title": f"Событие {number}",
        "mode": "in_person",
        "audience": ["teacher"],
        "timezone": "Europe/Moscow",
        "sessions": [
            {"title": "День", "starts": f"{day}T10:00", "ends": f"{day}T17:00", "site": {"name": "Школа № 1560"}}
        ],
        "deadlines": {
            "apply_opens": f"{datetime.now(UTC).date()}T00:00:00Z",
            "apply_closes": f"{day - timedelta(days=20)}T18:00:00+03:00",
            "decide_by": f"{day - timedelta(days=15)}T18:00:00+03:00",
            "confirm_by": f"{day - timedelta(days=10)}T18:00:00+03:00",
            "roster_freeze": f"{day - timedelta(days=5)}T18:00:00+03:00",
        },
        "seats": [{"mode": "in_person", "capacity": SEATS}],
    }


@pytest.fixture
async def fleet_of(nats_server, smtp_sink, tmp_path, forked):
    async with contextlib.AsyncExitStack() as stack:

        async def make(server, replicas):
            urls = {name: stack.enter_context(postgres.fresh_database(server)) for name in SERVICES}
            made = Fleet(urls, nats_server, smtp_sink, tmp_path, forked)
            stack.push_async_callback(made.stop)
            await made.start(replicas)
            await made.settle()
            return made

        yield make
