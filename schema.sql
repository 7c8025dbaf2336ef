-- What the files in migrations/ add up to. Written by `node tools/schema.ts`; do not edit.

create table api_keys (
  id uuid not null,
  workspace_id uuid not null,
  created_by text not null,
  name text not null,
  prefix text not null,
  hash bytea not null,
  scopes text[] not null,
  created_at timestamp with time zone not null,
  last_used_at timestamp with time zone,
  expires_at timestamp with time zone,
  revoked_at timestamp with time zone,
  constraint api_keys_pkey PRIMARY KEY (id),
  constraint api_keys_hash_key UNIQUE (hash)
);

create table attempts (
  publication_id uuid not null,
  number integer not null,
  worker text not null,
  started_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  verdict text,
  failure jsonb,
  constraint attempts_pkey PRIMARY KEY (publication_id, number)
) with (autovacuum_vacuum_scale_factor=0.02, fillfactor=80);

create table attention (
  id bigint generated always as identity not null,
  workspace_id uuid,
  kind text not null,
  subject text not null,
  data jsonb default '{}'::jsonb not null,
  opened_at timestamp with time zone not null,
  resolved_at timestamp with time zone,
  constraint attention_pkey PRIMARY KEY (id)
);

create table auth_accounts (
  id text not null,
  "accountId" text not null,
  "providerId" text not null,
  "userId" text not null,
  "accessToken" text,
  "refreshToken" text,
  "idToken" text,
  "accessTokenExpiresAt" timestamp with time zone,
  "refreshTokenExpiresAt" timestamp with time zone,
  scope text,
  password text,
  "createdAt" timestamp with time zone default CURRENT_TIMESTAMP not null,
  "updatedAt" timestamp with time zone default CURRENT_TIMESTAMP not null,
  constraint auth_accounts_pkey PRIMARY KEY (id)
);

create table auth_sessions (
  id text not null,
  "expiresAt" timestamp with time zone not null,
  token text not null,
  "createdAt" timestamp with time zone default CURRENT_TIMESTAMP not null,
  "updatedAt" timestamp with time zone default CURRENT_TIMESTAMP not null,
  "ipAddress" text,
  "userAgent" text,
  "userId" text not null,
  constraint auth_sessions_pkey PRIMARY KEY (id),
  constraint auth_sessions_token_key UNIQUE (token)
);

create table auth_users (
  id text not null,
  name text not null,
  email text not null,
  "emailVerified" boolean default false not null,
  image text,
  "createdAt" timestamp with time zone default CURRENT_TIMESTAMP not null,
  "updatedAt" timestamp with time zone default CURRENT_TIMESTAMP not null,
  must_change_password boolean default false not null,
  constraint auth_users_pkey PRIMARY KEY (id),
  constraint auth_users_email_key UNIQUE (email)
);

create table auth_verifications (
  id text not null,
  identifier text not null,
  value text not null,
  "expiresAt" timestamp with time zone not null,
  "createdAt" timestamp with time zone default CURRENT_TIMESTAMP not null,
  "updatedAt" timestamp with time zone default CURRENT_TIMESTAMP not null,
  constraint auth_verifications_pkey PRIMARY KEY (id)
);

create table channel_tokens (
  channel_id uuid not null,
  sealed text not null,
  expires_at timestamp with time zone,
  refresh_at timestamp with time zone,
  refresh_begun_at timestamp with time zone,
  refresh_tries integer default 0 not null,
  generation integer default 1 not null,
  updated_at timestamp with time zone not null,
  scopes text[],
  constraint channel_tokens_pkey PRIMARY KEY (channel_id)
);

create table channels (
  id uuid not null,
  workspace_id uuid not null,
  platform text not null,
  realm text not null,
  kind text not null,
  external_id text not null,
  name text not null,
  handle text not null,
  avatar_url text,
  profile_url text,
  facts jsonb default '{}'::jsonb not null,
  state text default 'ok'::text not null,
  state_reason text,
  paused_at timestamp with time zone,
  last_published_at timestamp with time zone,
  lease_token uuid,
  lease_until timestamp with time zone,
  not_before timestamp with time zone,
  version integer default 1 not null,
  created_at timestamp with time zone not null,
  removed_at timestamp with time zone,
  account_at timestamp with time zone,
  person_id text,
  updated_at timestamp with time zone,
  last_generation integer default 0 not null,
  constraint channels_pkey PRIMARY KEY (id),
  constraint channels_realm_check CHECK ((realm = ANY (ARRAY['live'::text, 'sandbox'::text]))),
  constraint channels_state_check CHECK ((state = ANY (ARRAY['ok'::text, 'reconnect'::text, 'blocked'::text])))
) with (autovacuum_vacuum_scale_factor=0.05, fillfactor=60);

create table connect_flows (
  id uuid not null,
  workspace_id uuid not null,
  user_id text not null,
  platform text not null,
  realm text not null,
  state text not null,
  step text not null,
  sealed text not null,
  public jsonb default '{}'::jsonb not null,
  reconnects uuid,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  constraint connect_flows_pkey PRIMARY KEY (id),
  constraint connect_flows_state_key UNIQUE (state)
);

create table idempotency_keys (
  actor text not null,
  key text not null,
  route text not null,
  body_hash bytea not null,
  state text not null,
  status integer,
  reply jsonb,
  etag text,
  created_at timestamp with time zone not null,
  constraint idempotency_keys_pkey PRIMARY KEY (actor, key),
  constraint idempotency_keys_state_check CHECK ((state = ANY (ARRAY['running'::text, 'done'::text])))
);

create table insight_looks (
  id uuid not null,
  channel_id uuid not null,
  publication_id uuid,
  next_at timestamp with time zone,
  looked_at timestamp with time zone,
  tries integer default 0 not null,
  failure text,
  lease_token uuid,
  lease_until timestamp with time zone,
  not_before timestamp with time zone,
  constraint insight_looks_pkey PRIMARY KEY (id)
) with (autovacuum_vacuum_scale_factor=0.02, fillfactor=80);

create table journal (
  id bigint generated always as identity not null,
  publication_id uuid not null,
  at timestamp with time zone not null,
  event text not null,
  attempt integer,
  step text,
  message text,
  data jsonb default '{}'::jsonb not null,
  workspace_id uuid not null,
  constraint journal_pkey PRIMARY KEY (publication_id, id)
) with (autovacuum_analyze_scale_factor=0.05, autovacuum_vacuum_insert_scale_factor=0.05);

create table media (
  id uuid not null,
  workspace_id uuid not null,
  kind text not null,
  mime text not null,
  bytes bigint not null,
  width integer,
  height integer,
  duration_ms integer,
  sha256 bytea not null,
  name text not null,
  alt text default ''::text not null,
  storage_key text not null,
  created_by text,
  created_at timestamp with time zone not null,
  deleted_at timestamp with time zone,
  facts jsonb default '{}'::jsonb not null,
  version integer default 1 not null,
  source_url text,
  files_gone boolean default false not null,
  constraint media_pkey PRIMARY KEY (id),
  constraint media_kind_check CHECK ((kind = ANY (ARRAY['image'::text, 'video'::text, 'document'::text])))
);

create table members (
  workspace_id uuid not null,
  user_id text not null,
  role text not null,
  created_at timestamp with time zone not null,
  constraint members_pkey PRIMARY KEY (workspace_id, user_id),
  constraint members_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'admin'::text, 'editor'::text, 'viewer'::text])))
);

create table platform_credentials (
  platform text not null,
  realm text not null,
  sealed text not null,
  updated_at timestamp with time zone not null,
  workspace_id uuid,
  webhook_key text default replace((gen_random_uuid())::text, '-'::text, ''::text) not null,
  constraint platform_credentials_place UNIQUE NULLS NOT DISTINCT (platform, realm, workspace_id),
  constraint platform_credentials_webhook_key UNIQUE (webhook_key)
);

create table post_kinds (
  post_id uuid not null,
  kind text not null,
  workspace_id uuid not null,
  constraint post_kinds_pkey PRIMARY KEY (post_id, kind)
);

create table post_words (
  post_id uuid not null,
  workspace_id uuid not null,
  words text not null,
  constraint post_words_pkey PRIMARY KEY (post_id)
);

create table posts (
  id uuid not null,
  workspace_id uuid not null,
  author_id text,
  content jsonb not null,
  tags text[] default '{}'::text[] not null,
  late_policy jsonb,
  due_at timestamp with time zone,
  wall_time text,
  time_zone text,
  version integer default 1 not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  deleted_at timestamp with time zone,
  constraint posts_pkey PRIMARY KEY (id)
);

create table posts_without_channels (
  post_id uuid not null,
  workspace_id uuid not null,
  constraint posts_without_channels_pkey PRIMARY KEY (post_id)
);

create table publications (
  id uuid not null,
  post_id uuid not null,
  workspace_id uuid not null,
  channel_id uuid not null,
  content jsonb,
  settings jsonb default '{}'::jsonb not null,
  settings_version integer default 1 not null,
  state text default 'draft'::text not null,
  reason text,
  message text,
  due_at timestamp with time zone,
  next_at timestamp with time zone,
  frozen jsonb,
  lease_token uuid,
  lease_until timestamp with time zone,
  worker text,
  attempt integer default 0 not null,
  tries integer default 0 not null,
  begun boolean default false not null,
  forecast jsonb default '[]'::jsonb not null,
  forecast_at timestamp with time zone,
  started_at timestamp with time zone,
  published_at timestamp with time zone,
  lateness_ms integer,
  external_id text,
  permalink text,
  removed_at timestamp with time zone,
  version integer default 1 not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  prepare_at timestamp with time zone,
  prepared_at timestamp with time zone,
  prepared_until timestamp with time zone,
  prepare_tries integer default 0 not null,
  sent_at timestamp with time zone,
  settled text,
  deaths smallint default 0 not null,
  constraint publications_pkey PRIMARY KEY (id),
  constraint publications_post_id_channel_id_key UNIQUE (post_id, channel_id),
  constraint publications_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'scheduled'::text, 'publishing'::text, 'waiting'::text, 'published'::text, 'failed'::text, 'unconfirmed'::text, 'held'::text, 'missed'::text, 'cancelled'::text])))
) with (autovacuum_analyze_scale_factor=0.02, autovacuum_vacuum_scale_factor=0.02, fillfactor=80);

create table published_counts (
  id bigint generated always as identity not null,
  n bigint not null,
  constraint published_counts_pkey PRIMARY KEY (id)
);

create table quota_readings (
  channel_id uuid not null,
  bucket text not null,
  source text not null,
  label text not null,
  used double precision not null,
  cap double precision not null,
  resets_at timestamp with time zone,
  at timestamp with time zone not null,
  constraint quota_readings_pkey PRIMARY KEY (channel_id, bucket),
  constraint quota_readings_source_check CHECK ((source = ANY (ARRAY['account'::text, 'headers'::text])))
);

create table quota_words (
  platform text not null,
  account text not null,
  bucket text not null,
  cap double precision not null,
  until timestamp with time zone not null,
  at timestamp with time zone not null,
  constraint quota_words_pkey PRIMARY KEY (platform, account, bucket)
);

create table quotas (
  platform text not null,
  account text not null,
  bucket text not null,
  window_start timestamp with time zone not null,
  window_end timestamp with time zone not null,
  used integer default 0 not null,
  cap integer not null,
  constraint quotas_pkey PRIMARY KEY (platform, account, bucket, window_start)
);

create table renditions (
  media_id uuid not null,
  profile text not null,
  mime text not null,
  bytes bigint not null,
  width integer,
  height integer,
  storage_key text not null,
  created_at timestamp with time zone not null,
  constraint renditions_pkey PRIMARY KEY (media_id, profile)
);

create table schema_migrations (
  version integer not null,
  name text not null,
  sha256 text not null,
  applied_at timestamp with time zone default now() not null,
  constraint schema_migrations_pkey PRIMARY KEY (version)
);

create table snapshots (
  id bigint generated always as identity not null,
  channel_id uuid not null,
  publication_id uuid,
  at timestamp with time zone not null,
  metrics jsonb not null,
  raw jsonb not null,
  constraint snapshots_pkey PRIMARY KEY (id)
);

create table steps (
  publication_id uuid not null,
  key text not null,
  position integer not null,
  state text not null,
  prepared jsonb,
  saved jsonb,
  checkpoint jsonb,
  failure jsonb,
  times integer default 1 not null,
  first_begun_at timestamp with time zone not null,
  begun_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  name text generated always as (split_part(key, ':'::text, 1)) stored not null,
  constraint steps_pkey PRIMARY KEY (publication_id, key),
  constraint steps_state_check CHECK ((state = ANY (ARRAY['begun'::text, 'done'::text, 'unknown'::text, 'refused'::text])))
) with (autovacuum_vacuum_scale_factor=0.02);

create table uncounted (
  publication_id uuid not null,
  constraint uncounted_pkey PRIMARY KEY (publication_id)
);

create table webhook_events (
  id bigint generated always as identity not null,
  platform text not null,
  realm text not null,
  key text not null,
  account text,
  does text not null,
  ref text,
  message text,
  url text,
  data jsonb not null,
  received_at timestamp with time zone not null,
  next_at timestamp with time zone,
  tries integer default 0 not null,
  outcome text,
  happened_at timestamp with time zone,
  constraint webhook_events_pkey PRIMARY KEY (id),
  constraint webhook_events_platform_realm_key_key UNIQUE (platform, realm, key),
  constraint webhook_events_realm_check CHECK ((realm = ANY (ARRAY['live'::text, 'sandbox'::text])))
);

create table webhook_subscriptions (
  channel_id uuid not null,
  next_at timestamp with time zone,
  subscribed_at timestamp with time zone,
  tries integer default 0 not null,
  failure text,
  constraint webhook_subscriptions_pkey PRIMARY KEY (channel_id)
);

create table workers (
  name text not null,
  looked_at timestamp with time zone not null,
  constraint workers_pkey PRIMARY KEY (name)
);

create table workspaces (
  id uuid not null,
  name text not null,
  time_zone text not null,
  locale text default 'en'::text not null,
  late_policy jsonb not null,
  paused_at timestamp with time zone,
  created_at timestamp with time zone not null,
  backlog_order text default 'oldest'::text not null,
  constraint workspaces_pkey PRIMARY KEY (id),
  constraint workspaces_backlog_order_check CHECK ((backlog_order = ANY (ARRAY['oldest'::text, 'newest'::text])))
);

CREATE OR REPLACE FUNCTION public.attention_gone()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  delete from attention where subject = old.id::text and resolved_at is null;
  return null;
end
$function$
;

CREATE OR REPLACE FUNCTION public.attention_of_channel()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION public.attention_of_publication()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION public.count_published()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  added bigint := (select count(*) from gone);
begin
  if added = 0 then return null; end if;
  with folded as (
    delete from published_counts where id in (select id from published_counts for update skip locked) returning n
  )
  insert into published_counts (n) select added + coalesce(sum(n), 0) from folded;
  return null;
end
$function$
;

CREATE OR REPLACE FUNCTION public.forget_with_publication()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  delete from journal where publication_id = old.id;
  delete from steps where publication_id = old.id;
  delete from attempts where publication_id = old.id;
  if old.settled = 'published' then insert into published_counts (n) values (-1); end if;
  return null;
end
$function$
;

CREATE OR REPLACE FUNCTION public.keep_kinds_of_post()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  post uuid;
  ws uuid;
  kinds text[];
begin
  if tg_table_name = 'posts' then post := new.id; ws := new.workspace_id;
  elsif tg_op = 'DELETE' then post := old.post_id; ws := old.workspace_id;
  else post := new.post_id; ws := new.workspace_id;
  end if;
  select array_agg(distinct kind_of_content(c)) into kinds from (
    select p.content as c from posts p where p.id = post
    union all select x.content from publications x join posts p on p.id = x.post_id where x.post_id = post and x.content is not null
  ) y;
  -- Its post goes, and all with it.
  if kinds is null then return null; end if;
  delete from post_kinds where post_id = post and kind <> all (kinds);
  insert into post_kinds (post_id, kind, workspace_id) select post, k, ws from unnest(kinds) k on conflict do nothing;
  return null;
end
$function$
;

CREATE OR REPLACE FUNCTION public.keep_posts_without_channels()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_table_name = 'posts' then
    insert into posts_without_channels (post_id, workspace_id) values (new.id, new.workspace_id) on conflict do nothing;
  elsif tg_op = 'INSERT' then
    delete from posts_without_channels where post_id = new.post_id;
  else
    insert into posts_without_channels (post_id, workspace_id)
    select p.id, p.workspace_id from posts p where p.id = old.post_id and not exists (select 1 from publications x where x.post_id = p.id)
    on conflict do nothing;
  end if;
  return null;
end
$function$
;

CREATE OR REPLACE FUNCTION public.keep_settled()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if new.state in ('scheduled', 'waiting', 'publishing') then
    new.settled := null;
  else
    new.settled := new.state;
    new.prepare_at := null;
    if new.state = 'published' and (tg_op = 'INSERT' or old.state <> 'published') then
      insert into uncounted values (new.id) on conflict do nothing;
    end if;
  end if;
  -- No event leads away from published; the number stays true all the same, whoever writes.
  if tg_op = 'UPDATE' and old.state = 'published' and new.state <> 'published' then
    delete from uncounted where publication_id = new.id;
    insert into published_counts (n) values (-1);
  end if;
  return new;
end
$function$
;

CREATE OR REPLACE FUNCTION public.keep_words_of_post()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  post uuid;
begin
  if tg_table_name = 'posts' then post := new.id;
  elsif tg_op = 'DELETE' then post := old.post_id;
  else post := new.post_id;
  end if;
  insert into post_words (post_id, workspace_id, words) select p.id, p.workspace_id, words_of_post(p.id) from posts p where p.id = post
  on conflict (post_id) do update set words = excluded.words where post_words.words <> excluded.words;
  return null;
end
$function$
;

CREATE OR REPLACE FUNCTION public.kind_of_content(content jsonb)
 RETURNS text
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  n bigint;
  videos bigint;
  documents bigint;
begin
  if jsonb_array_length(content -> 'segments') > 1 then return 'thread'; end if;
  if coalesce(content #> '{segments,0,mediaIds}', '[]') = '[]' then return 'text'; end if;
  select count(*), count(*) filter (where f.kind = 'video'), count(*) filter (where f.kind = 'document')
  into n, videos, documents
  from jsonb_array_elements_text(content #> '{segments,0,mediaIds}') as i (id) join media f on f.id = i.id::uuid;
  return case when n = 0 then 'text' when documents > 0 then 'document' when n = 1 and videos = 1 then 'video' when n = 1 then 'image'
    when videos = 0 then 'images' else 'mixed' end;
end
$function$
;

CREATE OR REPLACE FUNCTION public.runs_of(ws uuid, words text, shortest integer)
 RETURNS bigint[]
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
AS $function$
declare
  w bigint := ('x' || translate(right(ws::text, 17), '-', ''))::bit(64)::bigint;
begin
  return (
    select coalesce(array_agg((a << 42 | b << 21 | c) # w) filter (where c is not null), '{}')
      || coalesce(array_agg((a << 21 | b) # w) filter (where shortest <= 2 and (a > 127 or b > 127)), '{}')
      || coalesce(array_agg(a # w) filter (where shortest <= 1 and a > 127), '{}')
    from (
      select a, lead(a) over () as b, lead(a, 2) over () as c
      from (select ascii(c)::bigint as a from unnest(string_to_array(words, null)) u (c)) x
    ) y
  );
end
$function$
;

CREATE OR REPLACE FUNCTION public.word_keys(ws uuid, words text, shortest integer)
 RETURNS bigint[]
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
AS $function$
declare
  w bigint := ('x' || translate(right(ws::text, 17), '-', ''))::bit(64)::bigint;
begin
  return (
    select coalesce(array_agg((a << 42 | b << 21 | c) # w) filter (where c is not null), '{}')
      || coalesce(array_agg((a << 21 | b) # w) filter (where shortest <= 2 and b is not null), '{}')
      || coalesce(array_agg(a # w) filter (where shortest <= 1), '{}')
    from (
      select a, lead(a) over () as b, lead(a, 2) over () as c
      from (select ascii(c)::bigint as a from unnest(string_to_array(words, null)) u (c)) x
    ) y
  );
end
$function$
;

CREATE OR REPLACE FUNCTION public.words_of_post(post uuid)
 RETURNS text
 LANGUAGE sql
 STABLE
AS $function$
  select lower(concat_ws(chr(31), (
    select string_agg(t #>> '{}', chr(31)) from posts p, jsonb_path_query(p.content, '$.segments[*].text') t where p.id = post
  ), (
    select string_agg(t #>> '{}', chr(31)) from publications x, jsonb_path_query(x.content, '$.segments[*].text') t where x.post_id = post and x.content is not null
  ), (
    select array_to_string(p.tags, chr(31)) from posts p where p.id = post
  )))
$function$
;

alter table api_keys add constraint api_keys_created_by_fkey FOREIGN KEY (created_by) REFERENCES auth_users(id);
alter table api_keys add constraint api_keys_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id) ON DELETE CASCADE;
alter table attention add constraint attention_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id) ON DELETE CASCADE;
alter table auth_accounts add constraint "auth_accounts_userId_fkey" FOREIGN KEY ("userId") REFERENCES auth_users(id) ON DELETE CASCADE;
alter table auth_sessions add constraint "auth_sessions_userId_fkey" FOREIGN KEY ("userId") REFERENCES auth_users(id) ON DELETE CASCADE;
alter table channel_tokens add constraint channel_tokens_channel_id_fkey FOREIGN KEY (channel_id) REFERENCES channels(id) ON DELETE CASCADE;
alter table channels add constraint channels_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id) ON DELETE CASCADE;
alter table connect_flows add constraint connect_flows_reconnects_fkey FOREIGN KEY (reconnects) REFERENCES channels(id);
alter table connect_flows add constraint connect_flows_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users(id) ON DELETE CASCADE;
alter table connect_flows add constraint connect_flows_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id) ON DELETE CASCADE;
alter table insight_looks add constraint insight_looks_channel_id_fkey FOREIGN KEY (channel_id) REFERENCES channels(id) ON DELETE CASCADE;
alter table insight_looks add constraint insight_looks_publication_id_fkey FOREIGN KEY (publication_id) REFERENCES publications(id) ON DELETE CASCADE;
alter table media add constraint media_created_by_fkey FOREIGN KEY (created_by) REFERENCES auth_users(id);
alter table media add constraint media_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id) ON DELETE CASCADE;
alter table members add constraint members_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth_users(id) ON DELETE CASCADE;
alter table members add constraint members_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id) ON DELETE CASCADE;
alter table platform_credentials add constraint platform_credentials_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id) ON DELETE CASCADE;
alter table post_kinds add constraint post_kinds_post_id_fkey FOREIGN KEY (post_id) REFERENCES posts(id) ON DELETE CASCADE;
alter table post_words add constraint post_words_post_id_fkey FOREIGN KEY (post_id) REFERENCES posts(id) ON DELETE CASCADE;
alter table posts add constraint posts_author_id_fkey FOREIGN KEY (author_id) REFERENCES auth_users(id);
alter table posts add constraint posts_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id) ON DELETE CASCADE;
alter table posts_without_channels add constraint posts_without_channels_post_id_fkey FOREIGN KEY (post_id) REFERENCES posts(id) ON DELETE CASCADE;
alter table publications add constraint publications_channel_id_fkey FOREIGN KEY (channel_id) REFERENCES channels(id);
alter table publications add constraint publications_post_id_fkey FOREIGN KEY (post_id) REFERENCES posts(id) ON DELETE CASCADE;
alter table publications add constraint publications_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id) ON DELETE CASCADE;
alter table quota_readings add constraint quota_readings_channel_id_fkey FOREIGN KEY (channel_id) REFERENCES channels(id) ON DELETE CASCADE;
alter table renditions add constraint renditions_media_id_fkey FOREIGN KEY (media_id) REFERENCES media(id) ON DELETE CASCADE;
alter table snapshots add constraint snapshots_channel_id_fkey FOREIGN KEY (channel_id) REFERENCES channels(id) ON DELETE CASCADE;
alter table snapshots add constraint snapshots_publication_id_fkey FOREIGN KEY (publication_id) REFERENCES publications(id) ON DELETE CASCADE;
alter table webhook_subscriptions add constraint webhook_subscriptions_channel_id_fkey FOREIGN KEY (channel_id) REFERENCES channels(id) ON DELETE CASCADE;

CREATE INDEX api_keys_workspace ON api_keys USING btree (workspace_id, created_at DESC);
CREATE INDEX attempts_age ON attempts USING btree (started_at);
CREATE INDEX attention_of_workspace ON attention USING btree (workspace_id, opened_at, id) WHERE (resolved_at IS NULL);
CREATE UNIQUE INDEX attention_open ON attention USING btree (subject, kind) WHERE (resolved_at IS NULL);
CREATE INDEX auth_accounts_user ON auth_accounts USING btree ("userId");
CREATE INDEX auth_sessions_user ON auth_sessions USING btree ("userId");
CREATE INDEX auth_verifications_identifier ON auth_verifications USING btree (identifier);
CREATE INDEX channel_tokens_refresh ON channel_tokens USING btree (refresh_at) WHERE (refresh_at IS NOT NULL);
CREATE UNIQUE INDEX channels_account ON channels USING btree (workspace_id, platform, realm, external_id) WHERE (removed_at IS NULL);
CREATE INDEX channels_person ON channels USING btree (platform, realm, person_id) WHERE (person_id IS NOT NULL);
CREATE INDEX channels_workspace ON channels USING btree (workspace_id, created_at);
CREATE INDEX idempotency_keys_age ON idempotency_keys USING btree (created_at);
CREATE INDEX insight_looks_channel ON insight_looks USING btree (channel_id, next_at) WHERE (next_at IS NOT NULL);
CREATE INDEX insight_looks_gates ON insight_looks USING btree (channel_id) WHERE (publication_id IS NULL);
CREATE INDEX media_workspace ON media USING btree (workspace_id, created_at DESC, id DESC);
CREATE INDEX members_user ON members USING btree (user_id);
CREATE INDEX post_kinds_workspace ON post_kinds USING btree (workspace_id, kind, post_id);
CREATE INDEX post_words_keys ON post_words USING gin (word_keys(workspace_id, words, 1));
CREATE INDEX posts_content ON posts USING gin (content jsonb_path_ops) WHERE (deleted_at IS NULL);
CREATE INDEX posts_due ON posts USING btree (workspace_id, due_at) WHERE (deleted_at IS NULL);
CREATE INDEX posts_workspace ON posts USING btree (workspace_id, created_at DESC, id DESC) WHERE (deleted_at IS NULL);
CREATE INDEX posts_without_channels_workspace ON posts_without_channels USING btree (workspace_id, post_id);
CREATE INDEX publications_calendar ON publications USING btree (workspace_id, due_at, post_id);
CREATE INDEX publications_external ON publications USING btree (channel_id, external_id) WHERE (external_id IS NOT NULL);
CREATE INDEX publications_gone ON publications USING btree (workspace_id, post_id) WHERE (removed_at IS NOT NULL);
CREATE INDEX publications_open_due ON publications USING btree (next_at) WHERE (settled IS NULL);
CREATE INDEX publications_open_of_channel ON publications USING btree (channel_id, due_at) WHERE (settled IS NULL);
CREATE INDEX publications_post_of_channel ON publications USING btree (channel_id, post_id);
CREATE INDEX publications_settled ON publications USING btree (workspace_id, settled, post_id);
CREATE INDEX publications_to_prepare ON publications USING btree (prepare_at) WHERE (prepare_at IS NOT NULL);
CREATE INDEX snapshots_age ON snapshots USING btree (channel_id, at);
CREATE INDEX snapshots_channel ON snapshots USING btree (channel_id, at) WHERE (publication_id IS NULL);
CREATE INDEX snapshots_publication ON snapshots USING btree (publication_id, at) WHERE (publication_id IS NOT NULL);
CREATE INDEX steps_made ON steps USING btree (((checkpoint ->> 'id'::text))) WHERE ((state = 'done'::text) AND ((checkpoint ->> 'id'::text) IS NOT NULL));
CREATE INDEX webhook_events_age ON webhook_events USING btree (received_at);
CREATE INDEX webhook_events_due ON webhook_events USING btree (next_at) WHERE (next_at IS NOT NULL);
CREATE INDEX webhook_subscriptions_due ON webhook_subscriptions USING btree (next_at) WHERE (next_at IS NOT NULL);

CREATE TRIGGER channels_attention AFTER UPDATE OF state, removed_at ON public.channels FOR EACH ROW WHEN (((old.state <> new.state) OR (old.removed_at IS DISTINCT FROM new.removed_at))) EXECUTE FUNCTION attention_of_channel();
CREATE TRIGGER channels_attention_gone AFTER DELETE ON public.channels FOR EACH ROW EXECUTE FUNCTION attention_gone();
CREATE TRIGGER channels_attention_new AFTER INSERT ON public.channels FOR EACH ROW WHEN ((new.state <> 'ok'::text)) EXECUTE FUNCTION attention_of_channel();
CREATE TRIGGER posts_bare AFTER INSERT ON public.posts FOR EACH ROW EXECUTE FUNCTION keep_posts_without_channels();
CREATE TRIGGER posts_kinds AFTER UPDATE OF content ON public.posts FOR EACH ROW WHEN ((new.content IS DISTINCT FROM old.content)) EXECUTE FUNCTION keep_kinds_of_post();
CREATE TRIGGER posts_kinds_new AFTER INSERT ON public.posts FOR EACH ROW EXECUTE FUNCTION keep_kinds_of_post();
CREATE TRIGGER posts_words AFTER INSERT OR UPDATE OF content, tags ON public.posts FOR EACH ROW EXECUTE FUNCTION keep_words_of_post();
CREATE TRIGGER publications_attention AFTER UPDATE OF state, forecast ON public.publications FOR EACH ROW WHEN ((((old.state <> new.state) AND ((new.state = ANY (ARRAY['unconfirmed'::text, 'failed'::text, 'held'::text, 'missed'::text])) OR (old.state = ANY (ARRAY['unconfirmed'::text, 'failed'::text, 'held'::text, 'missed'::text])) OR (old.forecast @? '$[*]?(@."level" == "error")'::jsonpath))) OR ((old.forecast <> new.forecast) AND ((old.forecast @? '$[*]?(@."level" == "error")'::jsonpath) OR (new.forecast @? '$[*]?(@."level" == "error")'::jsonpath))))) EXECUTE FUNCTION attention_of_publication();
CREATE TRIGGER publications_attention_gone AFTER DELETE ON public.publications FOR EACH ROW WHEN (((old.settled = ANY (ARRAY['unconfirmed'::text, 'failed'::text, 'held'::text, 'missed'::text])) OR (old.forecast <> '[]'::jsonb))) EXECUTE FUNCTION attention_gone();
CREATE TRIGGER publications_attention_new AFTER INSERT ON public.publications FOR EACH ROW WHEN ((new.state = ANY (ARRAY['unconfirmed'::text, 'failed'::text, 'held'::text, 'missed'::text]))) EXECUTE FUNCTION attention_of_publication();
CREATE TRIGGER publications_bare_gone AFTER DELETE ON public.publications FOR EACH ROW EXECUTE FUNCTION keep_posts_without_channels();
CREATE TRIGGER publications_bare_new AFTER INSERT ON public.publications FOR EACH ROW EXECUTE FUNCTION keep_posts_without_channels();
CREATE TRIGGER publications_forget AFTER DELETE ON public.publications FOR EACH ROW EXECUTE FUNCTION forget_with_publication();
CREATE TRIGGER publications_kinds AFTER UPDATE OF content ON public.publications FOR EACH ROW WHEN ((new.content IS DISTINCT FROM old.content)) EXECUTE FUNCTION keep_kinds_of_post();
CREATE TRIGGER publications_kinds_gone AFTER DELETE ON public.publications FOR EACH ROW WHEN ((old.content IS NOT NULL)) EXECUTE FUNCTION keep_kinds_of_post();
CREATE TRIGGER publications_kinds_new AFTER INSERT ON public.publications FOR EACH ROW WHEN ((new.content IS NOT NULL)) EXECUTE FUNCTION keep_kinds_of_post();
CREATE TRIGGER publications_settled BEFORE INSERT OR UPDATE OF state ON public.publications FOR EACH ROW EXECUTE FUNCTION keep_settled();
CREATE TRIGGER publications_words AFTER UPDATE OF content ON public.publications FOR EACH ROW WHEN ((new.content IS DISTINCT FROM old.content)) EXECUTE FUNCTION keep_words_of_post();
CREATE TRIGGER publications_words_gone AFTER DELETE ON public.publications FOR EACH ROW WHEN ((old.content IS NOT NULL)) EXECUTE FUNCTION keep_words_of_post();
CREATE TRIGGER publications_words_new AFTER INSERT ON public.publications FOR EACH ROW WHEN ((new.content IS NOT NULL)) EXECUTE FUNCTION keep_words_of_post();
CREATE TRIGGER uncounted_gone AFTER DELETE ON public.uncounted REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION count_published();
