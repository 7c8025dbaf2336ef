-- What needs a person: one row for each cause, opened and resolved in the commit of that cause (decision 0035).
--
-- What the rows of publications and channels tell is kept by their own triggers, so that no writer can forget it. Their
-- conditions are judged without calling anything: a publication that needs nobody pays for a comparison of two words.
create table attention (
  id bigint generated always as identity primary key,
  -- Null: it is the installation's, and shown to the first workspace, whose people run it.
  workspace_id uuid references workspaces (id) on delete cascade,
  kind text not null,
  -- What it is about: the id of a publication or channel, or a name that is the kind's own.
  subject text not null,
  data jsonb not null default '{}',
  opened_at timestamptz not null,
  resolved_at timestamptz
);
create unique index attention_open on attention (subject, kind) where resolved_at is null;
create index attention_of_workspace on attention (workspace_id, opened_at, id) where resolved_at is null;

-- The states that need a person are kinds of `contract/attention.ts`; a test holds the two together.
create function attention_of_publication() returns trigger language plpgsql as $$
declare
  fails boolean := new.state = 'scheduled' and new.forecast @? '$[*] ? (@.level == "error")';
begin
  if tg_op = 'UPDATE' then
    update attention set resolved_at = new.updated_at
    where subject = new.id::text and resolved_at is null and kind <> new.state and (kind <> 'will-fail' or not fails);
  end if;
  if new.state in ('unconfirmed', 'failed', 'held', 'missed') or fails then
    insert into attention (workspace_id, kind, subject, data, opened_at)
    values (
      new.workspace_id, case when fails then 'will-fail' else new.state end, new.id::text,
      jsonb_build_object('postId', new.post_id, 'channelId', new.channel_id, 'reason', new.reason, 'message', new.message), new.updated_at
    ) on conflict do nothing;
  end if;
  return null;
end
$$;
create trigger publications_attention after update of state, forecast on publications for each row when (
  (old.state <> new.state and (
    new.state in ('unconfirmed', 'failed', 'held', 'missed') or old.state in ('unconfirmed', 'failed', 'held', 'missed')
    or old.forecast @? '$[*] ? (@.level == "error")'))
  or (old.forecast <> new.forecast and (old.forecast @? '$[*] ? (@.level == "error")' or new.forecast @? '$[*] ? (@.level == "error")'))
) execute function attention_of_publication();
create trigger publications_attention_new after insert on publications for each row when (
  new.state in ('unconfirmed', 'failed', 'held', 'missed')
) execute function attention_of_publication();

create function attention_of_channel() returns trigger language plpgsql as $$
begin
  if new.removed_at is not null then
    update attention set resolved_at = new.removed_at where subject = new.id::text and resolved_at is null;
    return null;
  end if;
  update attention set resolved_at = coalesce(new.updated_at, now())
  where subject = new.id::text and resolved_at is null and kind in ('channel-reconnect', 'channel-blocked') and kind <> 'channel-' || new.state;
  if new.state <> 'ok' then
    insert into attention (workspace_id, kind, subject, data, opened_at)
    values (
      new.workspace_id, 'channel-' || new.state, new.id::text,
      jsonb_build_object('channelId', new.id, 'message', new.state_reason), coalesce(new.updated_at, now())
    ) on conflict do nothing;
  end if;
  return null;
end
$$;
create trigger channels_attention after update of state, removed_at on channels for each row when (
  old.state <> new.state or old.removed_at is distinct from new.removed_at
) execute function attention_of_channel();
create trigger channels_attention_new after insert on channels for each row when (new.state <> 'ok') execute function attention_of_channel();

-- What is gone needs nobody.
create function attention_gone() returns trigger language plpgsql as $$
begin
  delete from attention where subject = old.id::text and resolved_at is null;
  return null;
end
$$;
create trigger publications_attention_gone after delete on publications for each row
  when (old.settled in ('unconfirmed', 'failed', 'held', 'missed') or old.forecast <> '[]') execute function attention_gone();
create trigger channels_attention_gone after delete on channels for each row execute function attention_gone();

-- What stands open already. A failure that is older than a month has been seen, or never will be.
insert into attention (workspace_id, kind, subject, data, opened_at)
select workspace_id, settled, id::text,
  jsonb_build_object('postId', post_id, 'channelId', channel_id, 'reason', reason, 'message', message), updated_at
from publications where settled in ('unconfirmed', 'held') or (settled in ('failed', 'missed') and updated_at > now() - interval '30 days');
insert into attention (workspace_id, kind, subject, data, opened_at)
select workspace_id, 'channel-' || state, id::text, jsonb_build_object('channelId', id, 'message', state_reason), coalesce(updated_at, created_at)
from channels where state <> 'ok' and removed_at is null;
