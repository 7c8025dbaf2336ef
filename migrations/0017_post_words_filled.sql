-- beside
-- The words of the posts that are there already, and the index of the search. On 1,000,000 publications a few minutes,
-- with writers at work.
insert into post_words (post_id, workspace_id, words) select id, workspace_id, words_of_post(id) from posts on conflict do nothing;

insert into posts_without_channels (post_id, workspace_id) select p.id, p.workspace_id from posts p where not exists (select 1 from publications x where x.post_id = p.id) on conflict do nothing;

drop index concurrently if exists post_words_runs;
create index concurrently post_words_runs on post_words using gin (runs_of(workspace_id, words, 1));
-- The search asks by the index alone and needs no statistics; without them nobody computes keys for a sample.
alter index post_words_runs alter column 1 set statistics 0;
