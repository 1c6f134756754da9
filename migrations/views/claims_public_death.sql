-- Customers whose death was reported, unless the report was withdrawn: nobody reminds them of anything.
create view claims_public_death as
select client_id, customer_id from claims where claim_type = 'death' and status <> 'withdrawn';
