set local lock_timeout = '4s';

-- Where there is no pgvector, or it may not be created, passages are found by their words alone; the assistant's status says so.
do $$
begin
  create extension if not exists vector;
  create table knowledge_embeddings (
    passage_id bigint primary key references knowledge_passages (id) on delete cascade,
    client_id bigint not null references clients (id) on delete cascade,
    model varchar(300) not null,
    embedding vector not null  -- of any size: it is the model's
  );
  create index idx_knowledge_embeddings_client on knowledge_embeddings (client_id);
exception
  when undefined_file or feature_not_supported or insufficient_privilege then
    raise notice 'pgvector is not available: documents are found by their words alone';
end $$;
