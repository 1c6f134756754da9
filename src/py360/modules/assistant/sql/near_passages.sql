-- The passages nearest in meaning to a question, by cosine; exact, for the passages of an office are few.
select d.id as document_id, d.name, p.page, p.text, 1 - (e.embedding <=> %(vector)s::vector) as rank
from knowledge_embeddings e
join knowledge_passages p on p.id = e.passage_id
join knowledge_documents d on d.id = p.document_id
where e.client_id = any(%(clients)s) and e.model = %(model)s
  and d.source = any(%(sources)s) and vector_dims(e.embedding) = vector_dims(%(vector)s::vector)
  and 1 - (e.embedding <=> %(vector)s::vector) >= %(least)s
order by e.embedding <=> %(vector)s::vector, p.id
limit %(limit)s
