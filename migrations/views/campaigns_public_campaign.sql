-- A campaign as searches name one; the parts of a split campaign are found under it.
create view campaigns_public_campaign as
select id, client_id, name, status, created_at from campaigns where parent_id is null;
