-- Rows of one client and channel into the ledger; their numbers in the same order. They travel as one JSON value: arrays per
-- column cost the driver four times as long.
with asked as (
  select nextval(pg_get_serial_sequence('communication_delivery_status', 'id')) as id, a.*
  from rows from (jsonb_to_recordset(%(entries)s::jsonb) as (purpose text, contact text, status text, customer_id bigint,
    case_id bigint, campaign_id bigint, template_id bigint, template_version integer, subject text, content text,
    sent_by bigint, cost numeric, error_code text, error_message text)) with ordinality
    as a (purpose, contact, status, customer_id, case_id, campaign_id, template_id, template_version, subject, content,
      sent_by, cost, error_code, error_message, place)
), written as (
  insert into communication_delivery_status (id, client_id, communication_type, purpose, recipient_contact, status,
    customer_id, case_id, campaign_id, template_id, template_version, subject, content, sent_by, cost, error_code, error_message,
    attempts, last_attempt_at, vendor_name, provider_id, created_at)
  select id, %(client)s, %(channel)s, purpose, left(contact, 255), status, customer_id, case_id, campaign_id, template_id,
    template_version, subject, content, sent_by, cost, error_code, error_message,
    case when status = 'sending' then 1 else 0 end, case when status = 'sending' then %(now)s::timestamptz end,
    %(vendor)s, %(provider)s, %(now)s::timestamptz
  from asked order by place
)
select id from asked order by place
