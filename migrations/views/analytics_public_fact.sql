-- What the sums of analytics contain of each case, by the user it was assigned to.
create view analytics_public_fact as
select case_id, client_id, kind, day, node_id, assigned_to, status, cases, collected from analytics_facts;
