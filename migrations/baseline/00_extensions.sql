-- Extensions, and the function that keeps `updated_at`.

create extension if not exists pg_trgm;
create extension if not exists ltree;
create extension if not exists btree_gist;
create function set_updated_at() returns trigger language plpgsql as $$
begin
  new.updated_at = now();
  return new;
end $$;
