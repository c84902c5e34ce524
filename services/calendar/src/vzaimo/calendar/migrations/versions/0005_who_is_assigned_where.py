"""How many people of a request sit in which session."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision. What was copied before is known by the next news of it, or by ``vzaimo rebuild``."""
    kind = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
    with op.batch_alter_table("grant_copy", schema=None) as batch_op:
        batch_op.add_column(sa.Column("assigned", kind, nullable=True))


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("grant_copy", schema=None) as batch_op:
        batch_op.drop_column("assigned")
