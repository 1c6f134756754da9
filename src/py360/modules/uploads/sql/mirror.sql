-- The batch of an upload shows the same counts and status as the upload.
update upload_batches b set
  total_records = coalesce(u.total_records, 0),
  processed_records = u.processed_records,
  successful_records = coalesce(u.successful_records, 0),
  failed_records = coalesce(u.failed_records, 0),
  status = u.upload_status,
  file_path = u.upload_path
from file_uploads u
where u.id = b.upload_id and u.id = %(id)s
