-- Issues of a chunk, from parallel arrays.
insert into upload_row_issues (upload_id, row_no, severity, column_name, value, code, occurrences)
select %(upload)s, row_no, severity, column_name, value, code, occurrences
from unnest(
  %(rows)s::int[], %(severities)s::text[], %(columns)s::text[], %(values)s::text[], %(codes)s::text[], %(occurrences)s::int[]
) i (row_no, severity, column_name, value, code, occurrences)
