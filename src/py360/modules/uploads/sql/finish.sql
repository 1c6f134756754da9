-- End an upload that runs; nothing when it does not run any more.
update file_uploads set
  upload_status = %(status)s,
  processing_completed_at = %(now)s,
  download_url = '/api/upload/download/upload-' || id,
  error_details = %(error)s,
  total_records = coalesce(%(total)s, total_records)
where id = %(id)s and upload_status = 'processing'
returning id, filename, uploaded_by, coalesce(successful_records, 0) as successful, coalesce(failed_records, 0) as failed
