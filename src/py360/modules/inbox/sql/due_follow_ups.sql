-- Mails whose follow-up is due at %(now)s, and whom to notify. An archived one is back where it came from; what was thrown away
-- stays there.
with due as (
  select id, follow_up_note, follow_up_by, folder in ('junk', 'spam', 'trash') as is_thrown_away from emails
  where follow_up_at <= %(now)s order by follow_up_at limit 1000 for update skip locked
)
update emails e set follow_up_at = null, follow_up_note = null, follow_up_by = null, version = e.version + 1,
  read_status = e.read_status and due.is_thrown_away,
  snoozed_until = case when due.is_thrown_away then e.snoozed_until end,
  returned_at = case when due.is_thrown_away then e.returned_at else %(now)s end,
  status = case when e.status = 'archived' and e.folder = 'archive' then
    case e.direction when 'inbound' then 'in_progress' else 'closed' end else e.status end,
  folder = case when e.folder = 'archive' then case e.direction when 'inbound' then 'inbox' else 'sent' end else e.folder end
from due where e.id = due.id
returning e.id, e.subject, coalesce(e.assigned_to, due.follow_up_by) as user_id, due.follow_up_note as note, due.is_thrown_away
