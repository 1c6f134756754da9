-- updated_at is kept by the database, whoever writes.
do $$
declare t text;
begin
  for t in select table_name from information_schema.columns
           where table_schema = 'public' and column_name = 'updated_at' and table_name not in ('settings', 'upload_mappings')
  loop
    execute format('create trigger touch before update on %I for each row execute function set_updated_at()', t);
  end loop;
end $$;
