-- Keep the list of the pairs of a client's customers who may be the same person. Only customers who share a key are compared: PAN
-- (their own, or among their KYC documents), phone, e-mail, date of birth with the first letter of the name, name with pincode.
-- A key that more than 25 share (an agent's phone, 1 January) pairs those of the same name only. So the work grows with the number
-- of customers, not with its square.
with people as materialized (
  select c.id, lower(c.full_name) as name, c.phone, c.email, c.date_of_birth, c.address ->> 'pincode' as pincode,
         array_remove(array_append(
           array(select d ->> 'number' from jsonb_array_elements(c.kyc_documents) d where d ->> 'type' = 'pan'), c.pan), null) as pans
  from customers c where c.client_id = %(client)s and c.merged_into is null
), keys as materialized (
  select p.id, hashtextextended(k.key, 0) as key
  from people p cross join lateral (values
    ('phone ' || p.phone), ('phone ' || p.phone || p.name), ('email ' || p.email), ('email ' || p.email || p.name),
    ('birth ' || p.date_of_birth || left(p.name, 1)), ('birth ' || p.date_of_birth || p.name), ('place ' || p.pincode || p.name)
  ) k (key) where k.key is not null
  union all
  select distinct p.id, hashtextextended('pan ' || own.number, 0) from people p cross join lateral unnest(p.pans) own (number)
), shared as materialized (
  select k.id, k.key from keys k
  where k.key in (select s.key from keys s group by s.key having count(*) between 2 and 25)
), judged as (
  select a.id as customer_id, b.id as other_id, a.pans && b.pans as same_pan, coalesce(a.phone = b.phone, false) as same_phone,
         coalesce(a.email = b.email, false) as same_email, coalesce(a.date_of_birth = b.date_of_birth, false) as same_birth,
         coalesce(a.pincode = b.pincode, false) as same_pincode, similarity(a.name, b.name)::numeric as similarity
  from (select distinct x.id, y.id as other_id from shared x join shared y on y.key = x.key and x.id < y.id) pair
  join people a on a.id = pair.id join people b on b.id = pair.other_id
  where a.pans && b.pans or cardinality(a.pans) = 0 or cardinality(b.pans) = 0
), found as materialized (
  select j.customer_id, j.other_id,
         least(100, round(50 * j.similarity + 50 * j.same_pan::int + 20 * j.same_phone::int + 15 * j.same_email::int
                          + 15 * j.same_birth::int))::integer as score,
         array_remove(array[
           case when j.same_pan then 'pan' end, case when j.same_phone then 'phone' end, case when j.same_email then 'email' end,
           case when j.same_birth then 'dateOfBirth' end, case when j.same_pincode then 'pincode' end,
           case when j.similarity >= 0.6 then 'name' end], null) as reasons
  from judged j
  where j.same_pan or j.similarity >= 0.4 and (j.same_phone or j.same_email or j.same_birth)
     or j.similarity >= 0.85 and j.same_pincode
), gone as (
  delete from customer_duplicates d
  where d.client_id = %(client)s and d.dismissed_at is null
    and not exists (select from found f where f.customer_id = d.customer_id and f.other_id = d.other_id)
), kept as (
  insert into customer_duplicates as d (client_id, customer_id, other_id, reasons, score, found_at)
  select %(client)s, f.customer_id, f.other_id, f.reasons, f.score, %(now)s from found f order by f.score desc, f.customer_id, f.other_id
  on conflict (customer_id, other_id) do update set reasons = excluded.reasons, score = excluded.score
  where (d.reasons, d.score) is distinct from (excluded.reasons, excluded.score)
)
select count(*) from found
