"""Mailboxes that synchronise: the state of their folders, work on mails, rules, and bulk mail."""

from pathlib import Path

from alembic import op

revision = "0030_add_mailboxes"
down_revision = "0029_add_reconciliation"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(Path(__file__).with_suffix(".sql").read_text())


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("delete from emails where folder = 'drafts' or delivery_status is not null")
    op.execute(
        "drop table email_bulk_recipients, email_bulk_campaigns, email_corrections, email_senders,"
        " email_classification_rules, email_rules, email_events, email_notes, email_locations, email_sync_folders,"
        " email_folders"
    )
    op.execute("drop index idx_emails_from")
    op.execute("delete from emails e using emails o where o.message_id = e.message_id and o.id < e.id")
    op.execute(
        "alter table emails drop constraint emails_message_id_once, add constraint emails_message_id_key unique (message_id),"
        " drop column digest, drop column in_reply_to, drop column reference_ids, drop column from_name,"
        " drop column reply_to, drop column sent_at, drop column size_bytes, drop column snippet, drop column problem,"
        " drop column is_automatic, drop column language, drop column intent, drop column intent_confidence,"
        " drop column sentiment, drop column urgency, drop column classified_by, drop column policy_number,"
        " drop column linked_by, drop column node_id, drop column tags, drop column snoozed_until,"
        " drop column scheduled_at, drop column delivery_status, drop column delivery_note, drop column sent_by,"
        " drop column compose, drop column first_reply_at, drop column resolved_at, drop column removed_at, drop column version,"
        " drop column open_count, drop column click_count"
    )
    op.execute("alter table email_threads drop column participants, drop column subject_key")
    op.execute("update email_accounts set password_encrypted = '' where password_encrypted is null")
    op.execute(
        "alter table email_accounts alter column password_encrypted set not null, drop column provider_id,"
        " drop column node_id, drop column signature, drop column status_reason, drop column next_sync_at,"
        " drop column lease_until, drop column failures, drop column synced_messages"
    )
    op.execute("delete from providers where channel = 'mailbox'")
    op.execute("alter table providers drop constraint providers_channel_check")
    op.execute(
        "alter table providers add constraint providers_channel_check"
        " check (channel in ('email', 'sms', 'whatsapp', 'call', 'payment'))"
    )
