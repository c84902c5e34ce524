"""What a practice is found by: its topics, its words, and its city's name, in any form."""

from sqlalchemy import delete, insert, select, update

from vzaimo.contracts.registry import Practice
from vzaimo.kit import lemmas
from vzaimo.kit.database import insert as upsert
from vzaimo.kit.work import Work
from vzaimo.registry.domain.practices import PracticeState
from vzaimo.registry.store import CITY, PRACTICE_TEXT, PRACTICE_TOPIC


async def keep_topics(work: Work, practice: Practice) -> None:
    """The topics that the list by topic reads."""
    await work.execute(delete(PRACTICE_TOPIC).where(PRACTICE_TOPIC.c.practice == practice.id))
    rows = [{"topic": topic, "practice": practice.id} for topic in sorted(set(practice.topics))]
    if rows:
        await work.execute(insert(PRACTICE_TOPIC), rows)


async def keep_words(work: Work, state: PracticeState) -> None:
    """The words that searches read. Load the lemmas before the transaction."""
    city = await work.scalar(select(CITY.c.name).where(CITY.c.id == state.public.city))
    columns = {
        "city": state.public.city,
        "words": lemmas.indexed(*texts(state)),
        "city_words": lemmas.indexed(city or ""),
    }
    statement = upsert(work.tx, PRACTICE_TEXT).values(practice=state.public.id, **columns)
    await work.execute(statement.on_conflict_do_update(index_elements=["practice"], set_=columns))


async def rename(work: Work, city: str, name: str) -> None:
    """Find a city's practices by its new name."""
    found_by = {"city_words": lemmas.indexed(name)}
    await work.execute(update(PRACTICE_TEXT).where(PRACTICE_TEXT.c.city == city).values(found_by))


def texts(state: PracticeState) -> tuple[str, ...]:
    """What is searched. Where a practice does not apply is not: whoever is there does not look for it."""
    return state.public.title, state.summary, *(one.name for one in state.public.indicators)
