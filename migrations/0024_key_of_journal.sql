-- Each line of the journal is one entry in one index. It goes with its publication, and that with its workspace.
alter table journal drop constraint journal_pkey;
alter table journal add constraint journal_pkey primary key using index journal_order;
alter table journal drop constraint journal_workspace_id_fkey;
drop index journal_publication;
alter table publications drop column counted;
