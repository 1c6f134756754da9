-- Documents and the records they belong to.
create view files_public_file as
select f.id, f.client_id, f.entity_type, f.entity_id, f.file_name, f.document_type, f.virus_scan_status, f.created_at,
       u.name as uploaded_by
from files f left join identity_public_users u on u.id = f.uploaded_by;
