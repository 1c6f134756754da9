"""A change of a case lets others refer to it meanwhile: a payment does not wait for a message that is being written, nor the
other way round.

PostgreSQL takes a generated column for changed in every update of a table with a trigger, and a change of a column that a
whole unique index covers for one of the row's identity, which locks out whoever inserts a reference. A unique index with a
condition is not such a one; the case numbers stay unique.
"""

from alembic import op

revision = "0019_cases_are_referred_to"
down_revision = "0018_corrected_by_hand"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("alter table renewal_cases drop constraint renewal_cases_case_number_key")
    op.execute(
        "create unique index idx_renewal_cases_number on renewal_cases (case_number) where case_number is not null"
    )


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("drop index idx_renewal_cases_number")
    op.execute("alter table renewal_cases add constraint renewal_cases_case_number_key unique (case_number)")
