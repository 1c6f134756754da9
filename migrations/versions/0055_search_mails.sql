set local lock_timeout = '4s';

-- Recipients were cut off at 255 characters, in the middle of an address.
alter table emails alter column to_email type text;

-- The words of a mail in lower case, whatever signs are between them; without their places, as only whether they are there is asked.
-- At most 220,000 characters: a text is kept up to 200,000, and a tsvector has 1 MB at most.
-- The cost is what it takes (0.2 ms for 2 KB): a planner that takes it for cheap goes through all mails. Not SQL: that would be inlined,
-- and its cost forgotten.
create function mail_words(content text) returns tsvector
language plpgsql immutable strict parallel safe cost 20000 as $$
begin
  return strip(to_tsvector('simple'::regconfig, regexp_replace(left(content, 220000), '[^[:alnum:]]+', ' ', 'g')));
end $$;

-- A searched text in the same way: mails that have a word that begins with each of its words. Null when there are none.
create function mail_query(content text) returns tsquery language plpgsql immutable strict parallel safe as $$
declare
  words text := btrim(regexp_replace(content, '[^[:alnum:]]+', ' ', 'g'));
begin
  return case when words <> '' then to_tsquery('simple'::regconfig, replace(words, ' ', ':* & ') || ':*') end;
end $$;

create index idx_emails_words on emails using gin (mail_words(
  subject || ' ' || from_email || ' ' || from_name || ' ' || coalesce(policy_number, '') || ' ' || coalesce(body_text, '')));
create index idx_emails_tags on emails using gin (tags);
drop index idx_emails_search;
create index idx_emails_search on emails using gin
  ((subject || ' ' || from_email || ' ' || from_name || ' ' || coalesce(policy_number, '') || ' ' || to_email) gin_trgm_ops);
analyze emails;  -- how common each word is: the planner goes by it
