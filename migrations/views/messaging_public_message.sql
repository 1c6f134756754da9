-- The message ledger as others may read it.
create view messaging_public_message as
select id, client_id, case_id, customer_id, campaign_id, communication_type, purpose, recipient_contact, status, subject,
       content, sent_at, delivered_at, opened_at, clicked_at, replied_at, error_code, error_message, sent_by, created_at,
       unsubscribed_at, template_id, template_version, provider_id, cost, vendor_name, vendor_message_id, reply_text
from communication_delivery_status;
