-- Delete the customers an import made, unless they changed since or have anything else.
delete from customers c using (select distinct customer_id from {table} where customer_is_new and kept is null) t
where c.id = t.customer_id and c.updated_at <= %(until)s
  and not exists (select from policies p where p.customer_id = c.id)
  and not exists (select from messaging_public_message m where m.customer_id = c.id)
  and not exists (select from consents s where s.customer_id = c.id)
