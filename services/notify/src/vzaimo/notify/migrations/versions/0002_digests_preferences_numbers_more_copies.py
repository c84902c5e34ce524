"""Digests, preferences, numbers of notifications, and more copies."""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_FROM_STATES = {
    "postgresql": (
        (
            "UPDATE request_copy SET event = CAST(state ->> 'event' AS uuid), host = state ->> 'host', "
            "city = state ->> 'city', status = state ->> 'status'"
        ),
        (
            "INSERT INTO admission (request, at) SELECT CAST(id AS uuid), CURRENT_TIMESTAMP FROM request_copy "
            "WHERE CAST(state ->> 'granted' AS integer) > 0"
        ),
    ),
    # SQLite keeps a UUID as its 32 digits.
    "sqlite": (
        (
            "UPDATE request_copy SET event = replace(state ->> 'event', '-', ''), host = state ->> 'host', "
            "city = state ->> 'city', status = state ->> 'status'"
        ),
        (
            "INSERT INTO admission (request, at) SELECT replace(id, '-', ''), CURRENT_TIMESTAMP FROM request_copy "
            "WHERE state ->> 'granted' > 0"
        ),
    ),
}


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "admission",
        sa.Column("request", sa.Uuid(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("request", name=op.f("pk_admission")),
    )
    op.create_table(
        "adoption_copy",
        sa.Column("id", sqlmodel.sql.sqltypes.AutoString(length=36), nullable=False),
        sa.Column(
            "state",
            sa.JSON(none_as_null=True).with_variant(
                postgresql.JSONB(none_as_null=True, astext_type=Text()), "postgresql"
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adoption_copy")),
    )
    op.create_table(
        "erasure_copy",
        sa.Column("id", sqlmodel.sql.sqltypes.AutoString(length=36), nullable=False),
        sa.Column(
            "state",
            sa.JSON(none_as_null=True).with_variant(
                postgresql.JSONB(none_as_null=True, astext_type=Text()), "postgresql"
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_copy")),
    )
    op.create_table(
        "invitation_copy",
        sa.Column("id", sqlmodel.sql.sqltypes.AutoString(length=101), nullable=False),
        sa.Column(
            "state",
            sa.JSON(none_as_null=True).with_variant(
                postgresql.JSONB(none_as_null=True, astext_type=Text()), "postgresql"
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation_copy")),
    )
    op.create_table(
        "need_copy",
        sa.Column("id", sqlmodel.sql.sqltypes.AutoString(length=36), nullable=False),
        sa.Column(
            "state",
            sa.JSON(none_as_null=True).with_variant(
                postgresql.JSONB(none_as_null=True, astext_type=Text()), "postgresql"
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need_copy")),
    )
    op.create_table(
        "preference",
        sa.Column("person", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column(
            "choices",
            sa.JSON(none_as_null=True).with_variant(
                postgresql.JSONB(none_as_null=True, astext_type=Text()), "postgresql"
            ),
            nullable=False,
        ),
        sa.Column("quiet_from", sqlmodel.sql.sqltypes.AutoString(length=5), nullable=True),
        sa.Column("quiet_until", sqlmodel.sql.sqltypes.AutoString(length=5), nullable=True),
        sa.Column("timezone", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_preference")),
    )
    op.create_table(
        "topic_copy",
        sa.Column("id", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column(
            "state",
            sa.JSON(none_as_null=True).with_variant(
                postgresql.JSONB(none_as_null=True, astext_type=Text()), "postgresql"
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_topic_copy")),
    )
    with op.batch_alter_table("circle", schema=None) as batch_op:
        batch_op.add_column(sa.Column("last_no", sa.BigInteger(), server_default="0", nullable=False))

    with op.batch_alter_table("contact_copy", schema=None) as batch_op:
        batch_op.add_column(sa.Column("phone", sqlmodel.sql.sqltypes.AutoString(), nullable=True))

    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.add_column(sa.Column("joins", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
        batch_op.create_index("ix_delivery_joins", ["joins"], unique=True)

    with op.batch_alter_table("notification", schema=None) as batch_op:
        batch_op.add_column(sa.Column("no", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("delivery", sa.Uuid(), nullable=True))
        batch_op.create_index("ix_notification_delivery", ["delivery"], unique=False)
        batch_op.create_index("ix_notification_no", ["no"], unique=False)
        batch_op.create_index("ix_notification_person_no", ["person", "no"], unique=False)

    op.execute(
        "UPDATE notification SET delivery = (SELECT id FROM delivery WHERE delivery.notification = notification.id)"
    )

    with op.batch_alter_table("request_copy", schema=None) as batch_op:
        batch_op.add_column(sa.Column("event", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("host", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
        batch_op.add_column(sa.Column("city", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
        batch_op.add_column(sa.Column("status", sqlmodel.sql.sqltypes.AutoString(), nullable=True))

    for statement in _FROM_STATES[op.get_bind().dialect.name]:
        op.execute(statement)
    with op.batch_alter_table("request_copy", schema=None) as batch_op:
        batch_op.alter_column("event", nullable=False)
        batch_op.alter_column("host", nullable=False)
        batch_op.alter_column("city", nullable=False)
        batch_op.alter_column("status", nullable=False)
        batch_op.create_index("ix_request_copy_event", ["event"], unique=False)


def downgrade() -> None:
    """Go back; refused where data would be lost."""
    raise NotImplementedError("restore the backup that was taken before the upgrade")
