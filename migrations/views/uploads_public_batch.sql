-- A batch with its file: how many rows that had.
create view uploads_public_batch as
select b.id, b.batch_code, b.file_name, b.total_records, b.upload_id, f.client_id, b.created_at
from upload_batches b join file_uploads f on f.id = b.upload_id;
