"""Practices are found by words. Those that are there already are read once."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from vzaimo.kit.lemmas import indexed

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

FTS5 = """
CREATE VIRTUAL TABLE practice_text_fts USING fts5(
    words, city_words, content='practice_text', content_rowid='id', tokenize='unicode61 remove_diacritics 0'
);;
CREATE TRIGGER practice_text_added AFTER INSERT ON practice_text BEGIN
    INSERT INTO practice_text_fts (rowid, words, city_words) VALUES (new.id, new.words, new.city_words);
END;;
CREATE TRIGGER practice_text_removed AFTER DELETE ON practice_text BEGIN
    INSERT INTO practice_text_fts (practice_text_fts, rowid, words, city_words)
    VALUES ('delete', old.id, old.words, old.city_words);
END;;
CREATE TRIGGER practice_text_changed AFTER UPDATE ON practice_text BEGIN
    INSERT INTO practice_text_fts (practice_text_fts, rowid, words, city_words)
    VALUES ('delete', old.id, old.words, old.city_words);
    INSERT INTO practice_text_fts (rowid, words, city_words) VALUES (new.id, new.words, new.city_words);
END
"""
GIN = """
CREATE INDEX ix_practice_text_fts ON practice_text
USING gin (to_tsvector('simple'::regconfig, words || ' ' || city_words))
"""


def upgrade() -> None:
    """Go to this revision."""
    text = op.create_table(
        "practice_text",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("practice", sa.Uuid(), nullable=False),
        sa.Column("city", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("city_words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practice_text")),
        sa.UniqueConstraint("practice", name=op.f("uq_practice_text_practice")),
    )
    with op.batch_alter_table("practice_text", schema=None) as batch_op:
        batch_op.create_index("ix_practice_text_city", ["city"], unique=False)
    searched = GIN if op.get_context().dialect.name == "postgresql" else FTS5
    for statement in searched.split(";;"):
        op.get_bind().exec_driver_sql(statement)
    _fill(text)


def _fill(text: sa.Table) -> None:
    practice = sa.table(
        "practice",
        sa.column("id", sa.Uuid()),
        sa.column("city"),
        sa.column("title"),
        sa.column("summary"),
        sa.column("indicators", sa.JSON()),
    )
    city = sa.table("city", sa.column("id"), sa.column("name"))
    known = sa.select(practice, city.c.name).join(city, city.c.id == practice.c.city, isouter=True)
    rows = [
        {
            "practice": row.id,
            "city": row.city,
            "words": indexed(row.title, row.summary, *(one["name"] for one in row.indicators)),
            "city_words": indexed(row.name or ""),
        }
        for row in op.get_bind().execute(known).all()
    ]
    if rows:
        op.bulk_insert(text, rows)


def downgrade() -> None:
    """Go back; refused where data would be lost."""
    raise NotImplementedError("restore the backup that was taken before the upgrade")
