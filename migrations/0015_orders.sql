-- beside
-- Orders in which large tables are read: decision 0026. On 1,000,000 publications the file takes about a minute, with
-- writers at work.

-- The calendar: what is due in a range, in its order.
drop index concurrently if exists publications_calendar;
create index concurrently publications_calendar on publications (workspace_id, due_at, post_id);

-- The posts of a channel, newest first: ids of posts sort by the time they were made.
drop index concurrently if exists publications_post_of_channel;
create index concurrently publications_post_of_channel on publications (channel_id, post_id);
drop index concurrently if exists publications_made;

-- The posts with a publication in a state, newest first. It counts them, too.
drop index concurrently if exists publications_post_in_state;
create index concurrently publications_post_in_state on publications (workspace_id, state, post_id);
drop index concurrently if exists publications_workspace_state;

-- What was taken down.
drop index concurrently if exists publications_gone;
create index concurrently publications_gone on publications (workspace_id, post_id) where removed_at is not null;

-- The posts that show a file.
drop index concurrently if exists posts_content;
create index concurrently posts_content on posts using gin (content jsonb_path_ops) where deleted_at is null;

-- A post or comment of a network by its id.
drop index concurrently if exists steps_made;
create index concurrently steps_made on steps ((checkpoint ->> 'id')) where state = 'done' and checkpoint ->> 'id' is not null;

-- History, oldest first.
drop index concurrently if exists attempts_age;
create index concurrently attempts_age on attempts (started_at);

-- The gate of each channel.
drop index concurrently if exists insight_looks_gates;
create index concurrently insight_looks_gates on insight_looks (channel_id) where publication_id is null;

-- What a network lets nobody keep any longer.
drop index concurrently if exists snapshots_age;
create index concurrently snapshots_age on snapshots (channel_id, at);
