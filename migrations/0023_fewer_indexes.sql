-- beside
-- Indexes without `state` (decision 0031), and none that no question asks. On 1,000,000 publications half a minute.

-- What is due, and the order of each channel.
drop index concurrently if exists publications_open_due;
create index concurrently publications_open_due on publications (next_at) where settled is null;
drop index concurrently if exists publications_open_of_channel;
create index concurrently publications_open_of_channel on publications (channel_id, due_at) where settled is null;

-- The posts with a publication in a settled state, newest first. It counts them, too.
drop index concurrently if exists publications_settled;
create index concurrently publications_settled on publications (workspace_id, settled, post_id);

drop index concurrently if exists publications_to_prepare;
create index concurrently publications_to_prepare on publications (prepare_at) where prepare_at is not null;

drop index concurrently if exists publications_due;
drop index concurrently if exists publications_channel;
drop index concurrently if exists publications_post_in_state;
drop index concurrently if exists publications_prepare;

insert into uncounted (publication_id) select id from publications where state = 'published' and not counted on conflict do nothing;

-- The journal is read by publication: that order is its key (next file), and the only index.
drop index concurrently if exists journal_order;
create unique index concurrently journal_order on journal (publication_id, id);
drop index concurrently if exists journal_workspace;

-- Looks that are due are found channel by channel.
drop index concurrently if exists insight_looks_due;
