-- A file that was deleted, or whose upload never ended, keeps its row until the storage has let go of it: a storage that is
-- away, or a process that dies in between, must not leave files that nobody knows. Old rows are looked at once.
alter table media add column files_gone boolean not null default false;
