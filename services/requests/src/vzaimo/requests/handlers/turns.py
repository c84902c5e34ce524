"""Numbers without doubles, and turns: rows of ``counter``."""

from vzaimo.kit.database import insert
from vzaimo.kit.work import Work
from vzaimo.requests.store import COUNTER


async def raised(work: Work, name: str, by: int = 1) -> int:
    """The counter's new value. Its row is held until the commit, so whoever asks next waits for what we wrote."""
    statement = insert(work.tx, COUNTER).values(name=name, value=by)
    grown = statement.on_conflict_do_update(index_elements=["name"], set_={"value": COUNTER.c.value + by})
    return int(await work.scalar(grown.returning(COUNTER.c.value)))
