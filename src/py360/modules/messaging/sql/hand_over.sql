-- One exchange between the ledger and the connections to a vendor, in one transaction: what became of the messages that
-- were handed over before (`answers`), and the messages that are handed over next (`next_ids`; `ids` are both). A message may
-- leave only when its number comes back as handed over: if it does not, it was taken from this worker meanwhile.
--
-- `was_taken` false: the vendor surely did not take the message. It is claimed as before, and its status is written with its
-- batch. A row that moved on already (a vendor's event came first) is left alone.
with answers as (
  select a.*, row_number() over (partition by a.vendor_message_id order by a.id) = 1 as is_first
  from jsonb_to_recordset(%(answers)s::jsonb) as a (id bigint, status text, vendor_message_id text, error_code text,
    error_message text, cost numeric, was_taken boolean)
), locked as (
  select id from communication_delivery_status where id = any(%(ids)s::bigint[]) and status = 'sending'
  order by id for no key update
), recorded as (
  update communication_delivery_status l set
    status = case when a.was_taken then a.status else l.status end,
    handed_over_at = case when a.was_taken then l.handed_over_at end,
    -- a vendor that gives one number to two messages: the first one has it
    vendor_message_id = coalesce(l.vendor_message_id, case when a.is_first and not exists (
      select from communication_delivery_status o where o.vendor_message_id = a.vendor_message_id) then a.vendor_message_id end),
    cost = coalesce(a.cost, l.cost),
    sent_at = case when a.status = 'sent' then %(now)s::timestamptz else l.sent_at end,
    error_code = case when a.was_taken then left(a.error_code, 50) else l.error_code end,
    error_message = case when a.was_taken then left(a.error_message, 500) else l.error_message end
  from locked join answers a using (id)
  where l.id = locked.id
  returning l.id, a.was_taken
), handed_over as (
  update communication_delivery_status l set handed_over_at = %(now)s::timestamptz
  from locked
  where l.id = locked.id and locked.id = any(%(next_ids)s::bigint[]) and l.handed_over_at is null
  returning l.id
)
select id, true as handed_over from handed_over
union all
select id, false from recorded where was_taken
