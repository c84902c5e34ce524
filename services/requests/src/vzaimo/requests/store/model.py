"""The ground of requests' tables."""

from sqlmodel import SQLModel

from vzaimo.kit.tables import new_registry


class Model(SQLModel, registry=new_registry()):
    """Ground of requests' tables."""
