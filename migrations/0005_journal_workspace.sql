-- The journal knows its workspace: what happened is told to people and to outgoing webhooks from here.
alter table journal add column workspace_id uuid references workspaces (id) on delete cascade;
update journal j set workspace_id = p.workspace_id from publications p where p.id = j.publication_id;
alter table journal alter column workspace_id set not null;
create index journal_workspace on journal (workspace_id, id);

-- Every word has one shape of data (contract/journal.ts); these four kept theirs in the sentence.
update journal set data = jsonb_build_object('dueAt', message), message = null where event = 'scheduled' and message is not null;
update journal set data = jsonb_build_object('permalink', message), message = null where event = 'person-there' and message is not null;
update journal set data = jsonb_build_object('code', split_part(message, ': ', 1)), message = substr(message, strpos(message, ': ') + 2)
  where event in ('remove-failed', 'edit-failed') and strpos(message, ': ') > 0;
