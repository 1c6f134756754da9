-- Count what the ledger says of the rows of a chunk (%(after)s, %(last)s], and move the upload on to its last row.
update file_uploads set
  rows_done = %(last)s,
  processed_records = processed_records + done.rows,
  successful_records = coalesce(successful_records, 0) + done.rows - done.failed,
  failed_records = coalesce(failed_records, 0) + done.failed,
  new_records = new_records + done.new,
  changed_records = changed_records + done.changed,
  unchanged_records = unchanged_records + done.unchanged,
  warning_count = warning_count + %(warnings)s
from (
  select
    count(*) as rows,
    count(*) filter (where outcome = 'failed') as failed,
    count(*) filter (where outcome = 'new') as new,
    count(*) filter (where outcome = 'changed') as changed,
    count(*) filter (where outcome = 'unchanged') as unchanged
  from upload_rows
  where upload_id = %(id)s and row_no > %(after)s and row_no <= %(last)s
) done
where id = %(id)s
returning done.rows::int as rows, done.failed::int as failed
