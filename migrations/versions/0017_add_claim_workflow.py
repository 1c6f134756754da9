"""Claims are worked: approvals by a second person, a checklist of documents, statutory clocks, notices to the claimant."""

from pathlib import Path

from alembic import op

revision = "0017_add_claim_workflow"
down_revision = "0016_add_ledger"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(Path(__file__).with_suffix(".sql").read_text())


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    for table in ("claim_notices", "claim_clocks", "claim_documents", "claim_approvals"):
        op.execute(f"drop table {table}")
    op.execute("drop index idx_claims_newest")
    op.execute("drop index idx_claims_deaths")
    op.execute(
        "alter table claims drop column case_id, drop column node_id, drop column source, drop column is_cashless,"
        " drop column is_investigated, drop column claimant_name, drop column claimant_relation,"
        " drop column claimant_email, drop column claimant_phone, drop column reserve_amount,"
        " drop column settlement_reference, drop column reported_at, drop column decided_at, drop column closed_at,"
        " drop column created_by, drop column version"
    )
    op.execute("drop sequence claim_numbers")
