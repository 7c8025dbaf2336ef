-- beside
-- Kinds of what is there, and the keys of words with short runs (decision 0033). On 1,000,000 publications some
-- minutes, with writers at work.
insert into post_kinds (post_id, kind, workspace_id) select id, kind_of_content(content), workspace_id from posts on conflict do nothing;
insert into post_kinds (post_id, kind, workspace_id)
  select post_id, kind_of_content(content), workspace_id from publications where content is not null on conflict do nothing;

drop index concurrently if exists post_words_keys;
create index concurrently post_words_keys on post_words using gin (word_keys(workspace_id, words, 1));
alter index post_words_keys alter column 1 set statistics 0;
drop index concurrently if exists post_words_runs;
