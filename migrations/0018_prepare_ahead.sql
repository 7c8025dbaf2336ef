-- Preparing ahead of the due time (decision 0028). `prepare_at`: when to look next at what can be prepared; null: nothing to do.
-- `prepared_at`: everything before the create is done; `prepared_until`: what is there lives until then. `sent_at`: when the
-- first request of the first create left.
alter table publications add column prepare_at timestamptz;
alter table publications add column prepared_at timestamptz;
alter table publications add column prepared_until timestamptz;
alter table publications add column prepare_tries integer not null default 0;
alter table publications add column sent_at timestamptz;
create index publications_prepare on publications (prepare_at) where state = 'scheduled' and prepare_at is not null;
update publications set prepare_at = due_at - interval '1 hour' where state = 'scheduled' and not begun and due_at > now();
