create view identity_public_client as
select id, client_code, client_name, contact_phone from clients;
