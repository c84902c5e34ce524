"""Public feeds have marks; the index that was added up from needs no versions."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "feed_mark",
        sa.Column("feed", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("feed", "shard", name=op.f("pk_feed_mark")),
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.drop_index("ix_event_feed_until")
        batch_op.create_index("ix_event_feed_until", ["feed_until", "host", "mode", "id"], unique=False)


def downgrade() -> None:
    """Go back; refused where data would be lost."""
    raise NotImplementedError("restore the backup that was taken before the upgrade")
