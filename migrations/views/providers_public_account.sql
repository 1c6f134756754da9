create view providers_public_account as
select id, client_id, name, channel, type, is_active, is_sandbox from providers;
