-- Media beyond pictures: documents, and what a file tells about itself (frame rate, codecs, pages).
alter table media drop constraint media_kind_check;
alter table media add constraint media_kind_check check (kind in ('image', 'video', 'document'));
alter table media add column facts jsonb not null default '{}';
