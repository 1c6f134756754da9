"""The assistant: more settings, the knowledge base, and the log of calls to language models."""

from pathlib import Path

from alembic import op

revision = "0023_add_assistant"
down_revision = "0022_complete_customers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(Path(__file__).with_suffix(".sql").read_text())


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("drop table ai_calls, knowledge_passages, knowledge_documents")
    op.execute(
        "alter table ai_settings drop column context_window, drop column monthly_budget, drop column input_price,"
        " drop column output_price, drop column ollama, drop column api_version"
    )
