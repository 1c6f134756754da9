-- The figures of a client and a period: messages sent, messages that the registry stopped, overrides asked for and approved,
-- and messages that went to a contact while it was on the registry and no approved override allowed it.
select
  (select count(*) from messaging_public_message m
   where m.client_id = %(client)s and m.sent_at >= %(since)s and m.sent_at < %(until)s) as sent,
  (select count(*) from dnc_blocked_messages b
   where b.client_id = %(client)s and b.attempted_at >= %(since)s and b.attempted_at < %(until)s) as blocked,
  (select count(*) from dnc_override_logs o join dnc_registry d on d.id = o.dnc_id
   where d.client_id = %(client)s and o.created_at >= %(since)s and o.created_at < %(until)s) as requested,
  (select count(*) from dnc_override_logs o join dnc_registry d on d.id = o.dnc_id
   where d.client_id = %(client)s and o.created_at >= %(since)s and o.created_at < %(until)s
     and o.status in ('approved', 'expired')) as approved,
  (select count(distinct m.id) from dnc_registry d
   join messaging_public_message m on m.client_id = d.client_id
     and m.recipient_contact = case when m.communication_type = 'email' then d.customer_email else d.customer_phone end
     and (d.dnc_type = 'both' or (d.dnc_type = 'email') = (m.communication_type = 'email'))
   where d.client_id = %(client)s and d.is_active and m.sent_at >= %(since)s and m.sent_at < %(until)s
     and m.sent_at >= d.created_at
     and (m.sent_at at time zone 'Asia/Kolkata')::date >= d.effective_date
     and (d.expiry_date is null or (m.sent_at at time zone 'Asia/Kolkata')::date < d.expiry_date)
     and not exists (
       select from dnc_override_logs o
       where o.dnc_id = d.id and o.status in ('approved', 'expired', 'revoked') and o.authorized_by is not null
         and o.start_date <= m.sent_at and (o.end_date is null or o.end_date > m.sent_at))) as violations
