"""Feeds, grants and links."""

from datetime import timedelta

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "feed_token",
        sa.Column("person", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("digest", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=True),
        sa.Column("made_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_feed_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_feed_token_digest")),
    )
    op.create_table(
        "share_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.Uuid(), nullable=False),
        sa.Column("city", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("digest", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("made_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("revoked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share_link")),
        sa.UniqueConstraint("digest", name=op.f("uq_share_link_digest")),
    )
    with op.batch_alter_table("share_link", schema=None) as batch_op:
        batch_op.create_index("ix_share_link_event", ["event", "city", "id"], unique=False)

    op.create_table(
        "grant_copy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.Uuid(), nullable=False),
        sa.Column("city", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("mode", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("granted", sa.Integer(), nullable=False),
        sa.Column("confirmed", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grant_copy")),
    )
    with op.batch_alter_table("grant_copy", schema=None) as batch_op:
        batch_op.create_index("ix_grant_copy_city", ["city", "status", "event"], unique=False)
        batch_op.create_index("ix_grant_copy_event", ["event"], unique=False)

    op.create_table(
        "organisation_copy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_copy")),
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.add_column(sa.Column("announced_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
        batch_op.add_column(sa.Column("changed_ms", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("feed_until", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
        batch_op.create_index("ix_event_announced_at", ["announced_at", "id"], unique=False)
        batch_op.create_index(
            "ix_event_feed_until", ["feed_until", "host", "mode", "id", "changed_ms", "version"], unique=False
        )
    _enter_what_is_announced()


def _enter_what_is_announced() -> None:
    """Events that were announced before there were feeds come into them; how they last changed is not known."""
    moment = sqlmodel.sql.sqltypes.UTCDateTime()
    event = sa.table(
        "event",
        sa.column("id", sa.Uuid()),
        sa.column("status", sa.String()),
        sa.column("created_at", moment),
        sa.column("ends_at", moment),
        sa.column("announced_at", moment),
        sa.column("changed_ms", sa.BigInteger()),
        sa.column("feed_until", moment),
    )
    known = sa.select(event.c.id, event.c.created_at, event.c.ends_at).where(event.c.status != "draft")
    for row in op.get_bind().execute(known).all():
        entered = {
            "announced_at": row.created_at,
            "changed_ms": int(row.created_at.timestamp() * 1000),
            "feed_until": row.ends_at + timedelta(days=90),
        }
        op.execute(event.update().where(event.c.id == row.id).values(entered))


def downgrade() -> None:
    """Go back; refused where data would be lost."""
    raise NotImplementedError("restore the backup that was taken before the upgrade")
