-- Write what the model predicts for a batch. Whether a case is held out is drawn once and stays.
insert into renewal_predictions (case_id, client_id, model_id, lapse_chance, expected_loss, reasons, held_out, scored_at)
select f.case_id, f.client_id, %(model)s, t.chance, round((t.chance * f.premium)::numeric, 2), string_to_array(t.reasons, ','),
  mod(hashint8extended(f.case_id, f.client_id) & 9223372036854775807, 100) < %(held_out_percent)s, %(now)s
from unnest(%(cases)s::bigint[], %(chances)s::float8[], %(reasons)s::text[]) as t (case_id, chance, reasons)
join case_features f on f.case_id = t.case_id
on conflict (case_id) do update set
  model_id = excluded.model_id, lapse_chance = excluded.lapse_chance, expected_loss = excluded.expected_loss,
  reasons = excluded.reasons, scored_at = excluded.scored_at
