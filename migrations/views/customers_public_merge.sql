-- Customers that were merged, each with the one who is kept: where a merged one was kept before, the last of them.
create view customers_public_merge as
select id, client_id, merged_into from customers where merged_into is not null;
