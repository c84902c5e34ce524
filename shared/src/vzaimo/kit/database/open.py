"""From a URL to a store."""

from sqlalchemy import make_url

from vzaimo.kit.database.base import Database, StoreUnavailable


async def open_database(url: str, *, pool_size: int = 10) -> Database:
    """Open ``sqlite:///path`` or ``postgresql://…`` (libpq's own form, with its parameters).

    Raises ``ValueError`` for any other scheme, ``StoreUnavailable`` when another process has the
    file, or nobody may have it.
    """
    backend = make_url(url).get_backend_name()
    if backend == "sqlite":
        from vzaimo.kit.database.sqlite import SqliteDatabase

        try:
            return SqliteDatabase(url)
        except OSError as error:
            raise StoreUnavailable(str(error)) from error
    if backend == "postgresql":
        from vzaimo.kit.database.postgres import PostgresDatabase

        return PostgresDatabase(url, pool_size=pool_size)
    raise ValueError(f"the store's URL must begin with sqlite:/// or postgresql://, not {backend!r}")
