-- Who is insured under a health policy.
create view customers_public_member as
select id, client_id, policy_id, name, relationship from policy_members;
