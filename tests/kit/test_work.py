"""The unit of work: state, facts, timers and the answer to a repeated command, together or not at all."""

import asyncio
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import func, insert, select

from vzaimo.contracts.event import parse
from vzaimo.kit import lasting, outbox
from vzaimo.kit.cause import Cause
from vzaimo.kit.database import StatementTimeout, StoreUnavailable
from vzaimo.kit.forgetting import forget
from vzaimo.kit.idempotency import Attempt, KeyReused, Repeated
from vzaimo.kit.tables import IdempotencyRow, MarkRow, OutboxRow, TimerRow, table_of
from vzaimo.kit.testing import eventually
from vzaimo.kit.testing.toys import ToyMoved
from vzaimo.kit.timers import Timers

MARK, OUTBOX, TIMER, IDEMPOTENCY = map(table_of, (MarkRow, OutboxRow, TimerRow, IdempotencyRow))
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


async def count(works, table):
    async with works.database.read() as tx:
        return await tx.scalar(select(func.count()).select_from(table))


def toy(version=1, text=""):
    return ToyMoved(aggregate_version=version, name="a", text=text)


async def test_a_fact_is_written_with_its_cause_and_its_place(works):
    async with works.begin(Cause(actor="person", traceparent=TRACE)) as work:
        work.add(toy())
    async with works.database.read() as tx:
        row = await tx.first(select(OUTBOX))
    event = parse(bytes(row.body))
    assert (row.subject, row.stream, row.actor) == ("toy.pub.toy.toy_moved.v1.-.-.a", "TOY", "person")
    assert event.id == row.event_id
    assert event.traceparent == row.traceparent == TRACE
    assert event.time == works.clock.now() == row.created_at


async def test_a_work_that_fails_leaves_no_fact_and_wakes_nobody(works):
    woken = []
    works.committed.append(lambda: woken.append(1))
    with pytest.raises(RuntimeError):
        async with works.begin(Cause(actor="person")) as work:
            work.add(toy())
            work.remind("kind", "a", work.now)
            raise RuntimeError
    assert await count(works, OUTBOX) == await count(works, TIMER) == 0
    assert woken == []


async def test_a_fact_that_no_bus_would_take_stops_its_transaction(works):
    for bad in (toy(text="x" * outbox.MAX_BODY), ToyMoved(aggregate_version=1, name="with space")):
        with pytest.raises(outbox.UnpublishableFact):
            async with works.begin(Cause(actor="person")) as work:
                await work.execute(insert(MARK), {"name": "n", "value": ""})
                work.add(bad)
    assert await count(works, MARK) == 0


async def test_a_command_under_a_key_takes_effect_once_also_when_sent_twelve_times_at_once(works):
    cause = Cause(actor="person", attempt=Attempt("person POST /x", "key", "print"))

    async def send():
        try:
            async with works.begin(cause) as work:
                work.add(toy())
                return work.done("toy", "a", 1)
        except Repeated as repeated:
            return repeated.done

    answers = await asyncio.gather(*(send() for _ in range(12)))
    assert {answer.position for answer in answers} == {"toy/a/1"}
    assert await count(works, OUTBOX) == 1


async def test_a_key_is_free_again_after_a_failure_and_after_a_day(works):
    cause = Cause(actor="person", attempt=Attempt("scope", "key", "print"))
    with pytest.raises(RuntimeError):
        async with works.begin(cause):
            raise RuntimeError
    for _ in range(2):
        async with works.begin(cause) as work:
            work.done("toy", "a", 1)
        works.clock.advance(timedelta(hours=24))
    await forget(works)
    assert await count(works, IDEMPOTENCY) == 0


async def test_a_key_that_is_free_again_is_taken_once_also_when_sent_twelve_times_at_once(works):
    cause = Cause(actor="person", attempt=Attempt("person POST /x", "key", "print"))

    async def send():
        try:
            async with works.begin(cause) as work:
                work.add(toy())
                return work.done("toy", "a", 1)
        except Repeated as repeated:
            return repeated.done

    await send()
    works.clock.advance(timedelta(hours=24))
    await asyncio.gather(*(send() for _ in range(12)))
    assert await count(works, OUTBOX) == 2


async def test_a_key_with_another_body_is_refused(works):
    async with works.begin(Cause(actor="p", attempt=Attempt("scope", "key", "one"))) as work:
        work.done("toy", "a", 1)
    with pytest.raises(KeyReused):
        async with works.begin(Cause(actor="p", attempt=Attempt("scope", "key", "other"))):
            pass


async def remind(works, *names, minutes=1):
    async with works.begin(Cause(actor="person")) as work:
        for name in names:
            work.remind("kind", name, work.now + timedelta(minutes=minutes), revision=3)


async def test_a_timer_runs_once_when_it_is_due_with_its_effect(works):
    seen = []

    async def handle(work, due):
        seen.append((due.aggregate_id, due.revision))
        work.add(toy())

    timers = Timers(works, {"kind": handle})
    await remind(works, "a")
    assert not await timers.run_one()
    works.clock.advance(timedelta(minutes=1))
    assert await timers.run_one()
    assert not await timers.run_one()
    assert seen == [("a", 3)]
    assert await count(works, OUTBOX) == 1


async def test_a_timer_that_was_set_anew_or_taken_back_counts_as_it_is_now(works):
    seen = []

    async def handle(_work, due):
        seen.append(due.aggregate_id)

    await remind(works, "a", "b")
    await remind(works, "a", minutes=5)
    async with works.begin(Cause(actor="person")) as work:
        work.forget("kind", "b")
    works.clock.advance(timedelta(minutes=1))
    assert not await Timers(works, {"kind": handle}).run_one()
    works.clock.advance(timedelta(minutes=4))
    assert await Timers(works, {"kind": handle}).run_one()
    assert seen == ["a"]


async def test_what_a_timer_does_is_a_trace_of_its_own_that_names_the_one_which_set_it(works, spans):
    async def handle(work, due):
        work.add(toy(1), toy(2))
        if due.revision:
            work.remind("kind", due.aggregate_id, work.now)

    minute = timedelta(minutes=1)
    async with works.begin(Cause(actor="person", traceparent=TRACE)) as work:
        work.remind("kind", "a", work.now, revision=1)
        work.remind("kind", "b", work.now + minute)
    works.clock.advance(2 * minute)
    timers = Timers(works, {"kind": handle})
    for _ in range(3):
        assert await timers.run_one()
    assert not await timers.run_one()
    told = spans()
    assert [(one.name, one.parent) for one in told] == [("timer kind", None)] * 3
    assert [one.attributes["vzaimo.aggregate_id"] for one in told] == ["a", "b", "a"]
    traces = [f"{one.context.trace_id:032x}" for one in told]
    assert len({*traces, TRACE[3:35]}) == 4
    assert [[f"{link.context.trace_id:032x}" for link in one.links] for one in told] == [
        [TRACE[3:35]],
        [TRACE[3:35]],
        [traces[0]],
    ]
    async with works.database.read() as tx:
        rows = await tx.all(select(OUTBOX.c.traceparent).order_by(OUTBOX.c.id))
    assert [row.traceparent[3:35] for row in rows] == [one for one in traces for _ in range(2)]


async def test_a_timer_that_fails_says_so_in_its_trace(works, spans):
    async def handle(_work, _due):
        raise ValueError("Иванова")

    await remind(works, "a", minutes=0)
    await Timers(works, {"kind": handle}).run_one()
    (one,) = spans()
    assert (one.status.is_ok, one.attributes["error.type"], one.links) == (False, "ValueError", ())


async def test_facts_of_one_timer_have_one_trace_also_where_nobody_looks(works):
    async def handle(work, _due):
        work.add(toy(1), toy(2))

    await remind(works, "a", "b", minutes=0)
    timers = Timers(works, {"kind": handle})
    assert await timers.run_one()
    assert await timers.run_one()
    async with works.database.read() as tx:
        rows = await tx.all(select(OUTBOX.c.traceparent).order_by(OUTBOX.c.id))
    first, second, third, fourth = (row.traceparent for row in rows)
    assert first == second != third == fourth


async def test_a_timer_whose_handler_fails_is_put_off_and_the_others_go_on(works):
    seen, broken = [], True

    async def handle(work, due):
        work.add(toy())
        if broken and due.aggregate_id == "a":
            raise ValueError
        seen.append(due.aggregate_id)

    timers = Timers(works, {"kind": handle})
    await remind(works, "a")
    await remind(works, "b", minutes=2)
    works.clock.advance(timedelta(minutes=2))
    while await timers.run_one():
        pass
    assert seen == ["b"]
    assert await count(works, OUTBOX) == 1
    broken = False
    works.clock.advance(timedelta(minutes=1))
    assert await timers.run_one()
    assert seen == ["b", "a"]


async def test_a_timer_that_takes_the_store_too_long_is_put_off_and_the_others_go_on(works):
    handled = []

    async def handle(work, due):
        if due.aggregate_id == "a":
            raise StatementTimeout("QueryCanceled")
        handled.append(due.aggregate_id)

    for minutes, name in enumerate("abc", 1):
        await remind(works, name, minutes=minutes)
    works.clock.advance(timedelta(minutes=3))
    timers = Timers(works, {"kind": handle})
    while await timers.run_one():
        pass
    assert handled == ["b", "c"]


async def test_that_timers_wait_is_said_once_a_minute(works, monkeypatch, caplog):
    real, passed, looks = works.database.begin, 0.0, 0

    def begin():
        nonlocal looks
        looks += 1
        if away:
            raise StoreUnavailable("gone")
        return real()

    async def looked(more):
        enough = looks + more
        await eventually(lambda: looks >= enough, "it looks")
        return [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]

    monkeypatch.setattr("vzaimo.kit.timers.POLL", 0.005)
    monkeypatch.setattr(lasting, "time", SimpleNamespace(monotonic=lambda: passed))
    monkeypatch.setattr(works.database, "begin", begin)
    away, running = True, asyncio.create_task(Timers(works, {}).run())
    assert await looked(3) == ["timers wait for the store: gone"]
    passed = 59.0
    assert len(await looked(1)) == 1
    passed = 61.0
    assert len(await looked(2)) == 2
    away = False
    await looked(2)
    away = True
    assert len(await looked(2)) == 3
    running.cancel()
    await asyncio.wait({running})


async def test_replicas_that_look_at_once_run_each_timer_once(works):
    seen = []

    async def handle(_work, due):
        seen.append(due.aggregate_id)

    names = [str(number) for number in range(30)]
    await remind(works, *names)
    works.clock.advance(timedelta(minutes=1))

    async def replica():
        timers = Timers(works, {"kind": handle})
        while await timers.run_one():
            pass

    await asyncio.gather(*(replica() for _ in range(4)))
    assert sorted(seen) == sorted(names)
