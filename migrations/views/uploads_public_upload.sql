create view uploads_public_upload as
select id, original_filename from file_uploads;
