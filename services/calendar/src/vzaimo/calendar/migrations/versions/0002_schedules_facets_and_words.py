"""Events are found by facets and words; overdue requests for seats are marked; cities have a name and a zone.

``event_topic`` goes: ``event_facet`` says the same and more.
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

FTS5 = """
CREATE VIRTUAL TABLE event_text_fts USING fts5(
    words, host_words, content='event_text', content_rowid='id', tokenize='unicode61 remove_diacritics 0'
);;
CREATE TRIGGER event_text_added AFTER INSERT ON event_text BEGIN
    INSERT INTO event_text_fts (rowid, words, host_words) VALUES (new.id, new.words, new.host_words);
END;;
CREATE TRIGGER event_text_removed AFTER DELETE ON event_text BEGIN
    INSERT INTO event_text_fts (event_text_fts, rowid, words, host_words)
    VALUES ('delete', old.id, old.words, old.host_words);
END;;
CREATE TRIGGER event_text_changed AFTER UPDATE ON event_text BEGIN
    INSERT INTO event_text_fts (event_text_fts, rowid, words, host_words)
    VALUES ('delete', old.id, old.words, old.host_words);
    INSERT INTO event_text_fts (rowid, words, host_words) VALUES (new.id, new.words, new.host_words);
END
"""
GIN = """
CREATE INDEX ix_event_text_fts ON event_text
USING gin (to_tsvector('simple'::regconfig, words || ' ' || host_words))
"""


def upgrade() -> None:
    """Go to this revision."""
    op.drop_table("event_topic")
    with op.batch_alter_table("city_copy", schema=None) as batch_op:
        batch_op.add_column(sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
        batch_op.add_column(sa.Column("timezone", sqlmodel.sql.sqltypes.AutoString(), nullable=True))

    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.add_column(sa.Column("capacity_overdue", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.create_index("ix_event_host_starts_at", ["host", "status", "starts_at", "id"], unique=False)
        batch_op.create_index(
            "ix_event_capacity_overdue",
            ["id"],
            unique=False,
            sqlite_where=sa.text("capacity_overdue"),
            postgresql_where=sa.text("capacity_overdue"),
        )

    op.create_table(
        "event_facet",
        sa.Column("facet", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("starts_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("event", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("facet", "status", "starts_at", "event", name=op.f("pk_event_facet")),
    )
    with op.batch_alter_table("event_facet", schema=None) as batch_op:
        batch_op.create_index("ix_event_facet_event", ["event"], unique=False)

    op.create_table(
        "event_text",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("event", sa.Uuid(), nullable=False),
        sa.Column("host", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("host_words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_text")),
        sa.UniqueConstraint("event", name=op.f("uq_event_text_event")),
    )
    with op.batch_alter_table("event_text", schema=None) as batch_op:
        batch_op.create_index("ix_event_text_host", ["host"], unique=False)
    searched = GIN if op.get_context().dialect.name == "postgresql" else FTS5
    for statement in searched.split(";;"):
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    """Go back; refused where data would be lost."""
    raise NotImplementedError("restore the backup that was taken before the upgrade")
