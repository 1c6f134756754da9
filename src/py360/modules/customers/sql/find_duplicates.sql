-- Customers of the same client who may be the same person as one: the same PAN (their own or among their KYC documents), the same
-- phone, e-mail or date of birth with a similar name, or a name that is nearly the same. Each branch has its index. Families share
-- a phone: the score says how sure it is. Two different PANs are two people, and so are those of whom an officer said so.
with one as (
  select c.id, c.client_id, lower(c.full_name) as name, c.phone, c.email, c.date_of_birth, c.address ->> 'pincode' as pincode,
         array_remove(array_append(
           array(select d ->> 'number' from jsonb_array_elements(c.kyc_documents) d where d ->> 'type' = 'pan'), c.pan), null) as pans
  from customers c where c.id = %(id)s
), candidates as (
  select o.id from one join customers o on o.client_id = one.client_id and o.phone = one.phone
  union
  select o.id from one join customers o on o.client_id = one.client_id and o.email = one.email
  union
  select o.id from one join customers o on o.client_id = one.client_id and o.pan = any(one.pans)
  union
  select o.id from one cross join lateral unnest(one.pans) own (number)
  join customers o on o.client_id = one.client_id
    and o.kyc_documents @> jsonb_build_array(jsonb_build_object('type', 'pan', 'number', own.number))
  union
  (select o.id from one join customers o on lower(o.full_name) %% one.name and o.client_id = one.client_id
   order by similarity(lower(o.full_name), one.name) desc limit 50)
), judged as (
  select c.id, c.customer_code, c.full_name, c.email, c.phone, c.pan, c.date_of_birth, c.created_at,
         c.pan is not null and c.pan = any(one.pans) or exists (select from jsonb_array_elements(c.kyc_documents) d
           where d ->> 'type' = 'pan' and d ->> 'number' = any(one.pans)) as same_pan,
         coalesce(c.phone = one.phone, false) as same_phone,
         coalesce(c.email = one.email, false) as same_email,
         coalesce(c.date_of_birth = one.date_of_birth, false) as same_birth,
         coalesce(c.address ->> 'pincode' = one.pincode, false) as same_pincode,
         similarity(lower(c.full_name), one.name)::numeric as similarity,
         (select count(*)::integer from policies p where p.customer_id = c.id) as policies
  from candidates k join customers c on c.id = k.id cross join one
  where c.id <> one.id and c.merged_into is null and {within}
    and (c.pan is null or cardinality(one.pans) = 0 or c.pan = any(one.pans))
    and not exists (select from customer_duplicates d where d.dismissed_at is not null
      and d.customer_id = least(c.id, one.id) and d.other_id = greatest(c.id, one.id))
)
select j.* from judged j
where j.same_pan or j.similarity >= 0.85 or j.similarity >= 0.4 and (j.same_phone or j.same_email or j.same_birth)
order by j.similarity + j.same_pan::int + j.same_phone::int + j.same_email::int + j.same_birth::int desc, j.id limit 50
