-- The passages that fit a question best: those with all of its words first, then those with any of them.
with asked as (
  select websearch_to_tsquery('english', %(question)s) || websearch_to_tsquery('simple', %(question)s) as every,
    to_tsquery('english', %(any)s) || to_tsquery('simple', %(any)s) as some
)
select d.id as document_id, d.name, p.page, p.text,
  ts_rank_cd(p.words, asked.every) * 10 + ts_rank_cd(p.words, asked.some) as rank
from knowledge_passages p
join knowledge_documents d on d.id = p.document_id
cross join asked
where p.client_id = any(%(clients)s) and p.words @@ asked.some and d.source = any(%(sources)s)
order by rank desc, p.id
limit %(limit)s
