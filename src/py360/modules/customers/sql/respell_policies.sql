-- A policy number is the same in every spelling (case, spaces, kinds of dashes): a staged row takes the one that we have.
-- Spellings without lower case, spaces and odd dashes are found by their unique key.
update {staging} s set policy_number = known.policy_number
from policies known
where s.policy_number <> identifier_key(s.policy_number)
  and known.client_id = s.client_id and known.policy_number = identifier_key(s.policy_number)
  and not exists (select from policies same where same.client_id = s.client_id and same.policy_number = s.policy_number);

-- The others by an index of their own, which is small.
update {staging} s set policy_number = known.policy_number
from policies known
where known.policy_number <> identifier_key(known.policy_number) and known.client_id = s.client_id
  and identifier_key(known.policy_number) = identifier_key(s.policy_number) and known.policy_number <> s.policy_number
  and not exists (select from policies same where same.client_id = s.client_id and same.policy_number = s.policy_number)
