"""An installation with some of everything that is listed, numbered from 1001, and what the parameters of paths name of it."""

from collections.abc import Iterator, Mapping
from typing import Final

# What is listed below something is below number 1001.
BOOK: Final = """
insert into clients (id, client_code, client_name) select n, 'C-' || n, 'Insurer ' || n from numbers;
insert into users (id, client_id, email, password_hash, first_name, last_name, role_id)
  select n, 1, n || '@example.com', 'x', 'Asha', 'Rao ' || n, (select id from roles where name = 'agent') from numbers;
insert into organizational_hierarchy (id, client_id, name, type, path, manager_id)
  select n, 1, 'Team ' || n, 'team', n::text::ltree, n from numbers;
insert into channels (id, client_id, name, type, manager_id) select n, 1, 'Renewals ' || n, 'online', n from numbers;
insert into user_home_nodes (user_id, node_id, valid_from) select n, 1001, '2026-01-01' from numbers;
insert into customers (id, client_id, customer_code, first_name, last_name, email, phone)
  select n, 1, 'CUST-' || n, 'Ravi', 'Nair ' || n, n || '@example.com', '+91987654' || n from numbers;
insert into policies (id, client_id, policy_number, customer_id, policy_type, premium_amount, start_date, end_date, renewal_date, agent_id)
  select n, 1, 'POL-' || n, 1001, 'motor', 12000, '2026-01-01', '2026-12-31', '2026-12-31', n from numbers;
insert into file_uploads (id, client_id, filename, original_filename, file_size, file_type, sha256, upload_status, upload_path, uploaded_by)
  select n, 1, 'a.csv', 'a.csv', 1, 'csv', n::text, 'completed', 'uploads/' || n, n from numbers;
insert into upload_batches (id, upload_id, batch_code, file_name, total_records) select n, n, 'BATCH-' || n, 'a.csv', 1 from numbers;
insert into upload_row_issues (upload_id, row_no, severity, column_name, code)
  select 1001, n, 'error', 'Mobile No', 'no_valid_contact' from numbers;
insert into upload_rows (upload_id, row_no, outcome, code) select 1001, n, 'failed', 'no_valid_contact' from numbers;
insert into renewal_cases (id, client_id, policy_id, customer_id, due_date, status, assigned_to, node_id, batch_id, renewal_amount)
  select n, 1, n, n, '2026-12-31', 'in_progress', n, n, n, 12500 from numbers;
insert into renewal_cases (id, client_id, policy_id, customer_id, due_date, status, assigned_to, batch_id, closed_at)
  select n + 1000, 1, n, n, '2025-12-31', 'renewed', n, n, now() from numbers;
insert into customer_merges (id, client_id, kept_id, merged_id, policy_ids, filled, merged_at, undone_at)
  select n, 1, 1001, n, '{}', '{}', now(), now() from numbers;
insert into customer_duplicates (id, client_id, customer_id, other_id, reasons, score, found_at)
  select n, 1, n, n + 1, array['phone', 'name'], 70, now() from numbers where n + 1 in (select n from numbers)
  union all select n, 1, 1001, 1003, array['phone', 'name'], 70, now() from (select max(n) as n from numbers) last where n > 1002;
insert into claims (id, client_id, claim_number, policy_id, customer_id, node_id, claim_type, title, claim_amount, description,
    incident_date, reported_date, assigned_to)
  select n, 1, 'CLM-2026-00' || n, n, n, n, 'vehicle', 'Renewals ' || n, 5000, 'Bumper', '2026-02-01', '2026-02-02', n from numbers;
insert into claim_documents (id, client_id, claim_id, kind, name) select n, 1, 1001, 'claim_form', 'Form ' || n from numbers;
insert into audit_logs (client_id, user_id, action_type, new_values) select 1, n, 'edit_case', '{"path": "/api"}' from numbers;
insert into agent_availability (user_id, client_id) select n, 1 from numbers;
insert into service_requests (id, client_id, kind, prefix, type, status, customer_id, policy_id, assigned_to, title)
  select n, 1, 'servicing', 'SRV-', 'other', 'submitted', n, n, n, 'Renewals ' || n from numbers;
insert into service_requests (id, client_id, kind, prefix, type, status, customer_id, assigned_to)
  select n + 1000, 1, 'new_business', 'NB-', 'motor', 'submitted', n, n from numbers;
insert into service_requests (id, client_id, kind, prefix, type, status, customer_id, assigned_to)
  select n + 2000, 1, 'medical', 'MED-', 'laboratory', 'requested', n, n from numbers;
insert into service_request_history (request_id, event, user_id)
  select r, 'Noted', n from numbers, unnest(array[1001, 2001, 3001]) r;
insert into case_communications (id, client_id, case_id, kind, direction, agent_id, occurred_at)
  select n, 1, 1001, 'phone', 'inbound', n, now() from numbers;
insert into renewal_directions (client_id, policy_id, due_date, direction, reason, owner_id, created_by)
  select 1, n, '2027-12-31', 'refer', 'Many claims', n, n from numbers;
insert into case_history (case_id, action, user_id) select 1001, 'Noted', n from numbers;
insert into case_comments (case_id, text, user_id) select 1001, 'Called', n from numbers;
insert into payments (client_id, case_id, policy_id, customer_id, gateway, amount, created_by)
  select 1, 1001, 1001, 1001, 'manual', 100, n from numbers;
insert into outstanding_amounts (id, case_id, policy_id, period, amount, due_date)
  select n, 1002, 1002, 'March 2026', 100, '2026-03-01' from numbers where exists (select from numbers where n = 1002);
insert into payment_approvals (client_id, case_id, payment_id, kind, amount, requested_by)
  select client_id, case_id, id, 'receipt', 100, created_by from payments;
insert into payment_mandates (id, client_id, policy_id, case_id, provider_id, gateway, method, max_amount, valid_until,
    link_expires_at, created_by)
  select n, 1, n, 1001, (select min(id) from providers where client_id = 1 and channel = 'payment'), 'razorpay', 'upi', 100,
    '2030-01-01', now(), n from numbers;
insert into mandate_debits (id, client_id, mandate_id, case_id, due_date, amount, debit_on)
  select n, 1, n, 1001, '2026-03-01', 100, '2026-03-01' from numbers;
insert into mandate_debits (client_id, mandate_id, case_id, due_date, amount, debit_on, status)
  select 1, 1001, 1001, '2026-03-01', 100, '2026-03-01', 'cancelled' from numbers
  where exists (select from numbers where n = 1001);
insert into statement_files (id, client_id, kind, file_name, sha256, uploaded_by)
  select n, 1, 'bank', 'bank.csv', n::text, n from numbers;
insert into statement_lines (file_id, client_id, row_no, kind, amount, subject, outcome)
  select 1001, 1, n, 'credit', 100, n::text, 'unmatched' from numbers;
insert into reconciliation_exceptions (id, client_id, kind, subject, amount, details)
  select n, 1, 'unmatched_receipt', n::text, 100, 'Say which case it pays' from numbers;
insert into ledger_entries (id, client_id, kind, source, case_id, happened_at)
  select n, 1, 'receipt', 'attempt ' || n, 1001, now() from numbers;
insert into ledger_lines (entry_id, client_id, account, amount)
  select n, 1, account, amount from numbers, (values ('bank', 100), ('unallocated_credit', -100)) line (account, amount);
insert into templates (id, client_id, name, template_type, content, created_by)
  select n, 1, 'Reminder ' || n, 'sms', 'Dear customer', n from numbers;
insert into campaigns (id, client_id, name, campaign_type, channels, upload_id, created_by)
  select n, 1, 'Renewals ' || n, 'multi', array['sms'], n, n from numbers;
insert into campaigns (id, client_id, parent_id, name, campaign_type, channels, upload_id, template_id, target_count,
    delivered_count, opened_count, created_by)
  select n + 1000, 1, n, 'Renewals ' || n, 'sms', array['sms'], n, n, 1, 10, 8, n from numbers;
insert into communication_delivery_status (id, client_id, case_id, customer_id, campaign_id, communication_type, recipient_contact,
    status, template_id, sent_by) select n, 1, 1001, n, 2001, 'sms', '+919876543210', 'sent', n, n from numbers;
insert into campaign_recipients (campaign_id, customer_id, case_id, contact, status, message_id)
  select 2001, n, n, '+919876543210', 'sent', n from numbers;
insert into dnc_registry (id, client_id, dnc_type, customer_phone, created_by) select n, 1, 'phone', '+91987654' || n, n from numbers;
insert into dnc_override_logs (dnc_id, override_type, reason, requested_by) select 1001, 'permanent', 'Asked us to call', n from numbers;
insert into dnc_blocked_messages (client_id, dnc_id, message_type, recipient_phone, attempted_by)
  select 1, n, 'sms', '+919876543210', n from numbers;
insert into suppressions (client_id, channel, contact, reason) select 1, 'email', n || '@example.com', 'manual' from numbers;
insert into files (client_id, original_name, file_name, file_path, file_size, mime_type, uploaded_by, entity_type, entity_id)
  select 1, 'a.pdf', 'a.pdf', 'documents/1/' || n, 1, 'application/pdf', n, 'case', 1001 from numbers;
insert into renewal_models (id, client_id, model) select 1001, 1, '{}' from numbers where n = 1001;
insert into case_features (case_id, client_id, premium, policies_held, line, taken_at) select n, 1, 12500, 1, 'motor', now() from numbers;
insert into renewal_predictions (case_id, client_id, model_id, lapse_chance, expected_loss, reasons, held_out, scored_at)
  select n, 1, 1001, 0.2, 2500, array['+premium'], false, now() from numbers;
insert into dnc_compliance_reports (client_id, report_type, period_start, period_end)
  select 1, 'monthly', '2026-01-01', '2026-01-31' from numbers;
insert into audiences (id, client_id, name, filter, created_by) select n, 1, 'Audience ' || n, '{}', n from numbers;
insert into dashboard_metrics (client_id, owner_id, name, chart, measure, grouping, filters, is_shared)
  select 1, 1, 'Metric ' || n, 'bar', 'cases', 'status',
    '{"dateRange": "all", "policyType": "all", "caseStatus": "all", "teamId": "", "memberId": ""}', true from numbers;
insert into recommendations (id, client_id, customer_id, rule, source, type, priority, reason, suggested_coverage, estimated_premium)
  select n, 1, n, 'home', 'rules', 'Home Insurance', 'Medium', 'Not insured', 1, 1 from numbers;
insert into customer_risks (customer_id, client_id, category, score, factors, assessed_at) select n, 1, 'safe', 100, '[]', now() from numbers;
insert into assistant_keys (id, client_id, user_id, name, hint, key_hash, scopes, expires_at)
  select n, 1, n, 'Key ' || n, 'py360_', n::text, '{cases}', now() + interval '1 day' from numbers;
insert into knowledge_documents (id, client_id, name, sha256, file_key, file_size)
  select n, 1, 'guide ' || n || '.md', n::text, 'knowledge/1/' || n, 1 from numbers;
insert into email_accounts (id, client_id, name, email, provider, imap_server, smtp_server, username)
  select n, 1, 'Desk ' || n, 'desk' || n || '@example.com', 'custom', 'imap.example.com', 'smtp.example.com', 'desk' from numbers;
insert into email_threads (client_id, account_id, thread_id) values (1, 1001, '<1>');
insert into emails (id, client_id, message_id, account_id, thread_id, from_email, to_email, subject, received_at)
  select n, 1, '<' || n || '>', 1001, '<1>', 'ravi@example.com', 'desk1001@example.com', 'Policy ' || n, now() from numbers;
insert into emails (id, client_id, message_id, account_id, thread_id, from_email, to_email, subject, received_at)
  values (2999, 1, '<2999>', 1001, '<1>', 'ravi@example.com', 'desk1001@example.com', 'Policy', now());
insert into email_webhook_deliveries (client_id, email_id, due_at) select 1, n, now() from numbers;
insert into email_rules (id, client_id, name, conditions, actions)
  select n, 1, 'Rule ' || n, '[{"field": "from", "operator": "contains", "value": "x"}]', '[{"type": "star"}]' from numbers;
insert into email_classification_rules (id, client_id, keyword, category) select n, 1, 'word' || n, 'refund' from numbers;
insert into email_folders (client_id, code, name) select 1, 'team_' || n, 'Team ' || n from numbers;
insert into email_bulk_campaigns (id, client_id, name) select n, 1, 'Renewals ' || n from numbers;
insert into email_notes (email_id, author_id, content) select 1001, 1001, 'Seen ' || n from numbers;
insert into email_events (email_id, event) select 1001, 'received' from numbers;
insert into notifications (user_id, type, title, message) select 1, 'system', 'Note', 'Text' from numbers;
"""

# What a parameter of a path names: the table, and client 1's row as an address has it (SQL where the number is not ours).
NAMED: Final[Mapping[str, tuple[str, str]]] = {
    "account_id": ("email_accounts", "1001"),
    "rule_id": ("email_rules", "1001"),
    "keyword_id": ("email_classification_rules", "1001"),
    "bulk_id": ("email_bulk_campaigns", "BULK1001"),
    "folder_code": ("email_folders", "team_1001"),
    "email_id": ("emails", "EMAIL-1001"),
    "attachment_id": ("files", "select min(id) from files"),
    "case": ("renewal_cases", "CASE-1001"),
    "case_id": ("renewal_cases", "CASE-1001"),
    "customer": ("customers", "CUST-1001"),
    "customer_id": ("customers", "CUST-1001"),
    "policy": ("policies", "POL-1001"),
    "upload_id": ("file_uploads", "upload-1001"),
    "filename": ("file_uploads", "a.csv"),
    "arrival_id": ("upload_arrivals", "arrival-of-client-1"),
    "campaign_id": ("campaigns", "campaign-1001"),
    "audience_id": ("audiences", "audience-1001"),
    "template_id": ("templates", "template-1001"),
    "message_id": ("communication_delivery_status", "sms-msg-1001"),
    "payment_id": ("payments", "select min(id) from payments"),
    "instalment_id": ("outstanding_amounts", "select min(id) from outstanding_amounts"),
    "statement_id": ("statement_files", "1001"),
    "exception_id": ("reconciliation_exceptions", "1001"),
    "mandate_id": ("payment_mandates", "mandate-1001"),
    "debit_id": ("mandate_debits", "1001"),
    "approval_id": ("payment_approvals", "select min(id) from payment_approvals"),
    "dnc_id": ("dnc_registry", "DNC-1001"),
    "override_id": ("dnc_override_logs", "select min(id) from dnc_override_logs"),
    "suppression_id": ("suppressions", "select min(id) from suppressions"),
    "vendor_id": ("providers", "select min(id) from providers where client_id = 1 and channel = 'sms'"),
    "provider_id": ("providers", "select min(id) from providers where client_id = 1 and channel = 'sms'"),
    "node_id": ("organizational_hierarchy", "1001"),
    "team_id": ("organizational_hierarchy", "1001"),
    "user_id": ("users", "1001"),
    "client_id": ("clients", "1"),
    "communication_id": ("case_communications", "contact-1001"),
    "request_id": ("service_requests", "SRV-1001"),
    "application_id": ("service_requests", "NB-2001"),
    "assessment_id": ("service_requests", "MED-3001"),
    "direction_id": ("renewal_directions", "select min(id) from renewal_directions"),
    "file_id": ("files", "select min(id) from files"),
    "channel_id": ("channels", "ch-1001"),
    "merge_id": ("customer_merges", "1001"),
    "pair_id": ("customer_duplicates", "1001"),
    "claim": ("claims", "CLM-2026-001001"),
    "document_id": ("claim_documents", "1001"),
    "metric_id": ("dashboard_metrics", "select min(id) from dashboard_metrics"),
    "recommendation_id": ("recommendations", "1001"),
    "key_id": ("assistant_keys", "1001"),
    "knowledge_id": ("knowledge_documents", "1001"),
    "notification_id": ("notifications", "select min(id) from notifications"),
}


def statements_of_the_book(size: int) -> Iterator[str]:
    """What fills a migrated and seeded database with so many of each; all in one transaction."""
    yield f"create temp table numbers on commit drop as select generate_series(1001, {1000 + size}) n"
    yield from filter(str.strip, BOOK.split(";\n"))
