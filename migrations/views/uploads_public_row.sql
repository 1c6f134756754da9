create view uploads_public_row as select upload_id, row_no, outcome, policy_id, case_id from upload_rows;
