-- Which version of a file's words: what ETag and If-Match of a file are about.
alter table media add column version integer not null default 1;
