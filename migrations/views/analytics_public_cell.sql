-- The sums of analytics by node and channel, a day (grain d) or a month (m) each.
create view analytics_public_cell as
select client_id, kind, grain, day, node_id, channel, status, cases, collected,
       email_cost + sms_cost + whatsapp_cost + call_cost as cost
from analytics_cells;
