-- Which of its late publications a channel sends first, after an outage: the oldest, or the newest.
alter table workspaces add column backlog_order text not null default 'oldest' check (backlog_order in ('oldest', 'newest'));
