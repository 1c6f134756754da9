-- The policy types that can be chosen, with their base premium (INR).
create view customers_public_policy_type as
select id, name, description, base_premium from policy_types where is_active;
