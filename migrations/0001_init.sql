-- Clarion's first schema. PostgreSQL 15 subset. Instants are timestamptz (UTC); all times come from the application's clock.

-- People. The auth_* tables belong to better-auth; column names are its own.
create table auth_users (
  "id" text primary key,
  "name" text not null,
  "email" text not null unique,
  "emailVerified" boolean not null default false,
  "image" text,
  "createdAt" timestamptz not null default current_timestamp,
  "updatedAt" timestamptz not null default current_timestamp
);
create table auth_sessions (
  "id" text primary key,
  "expiresAt" timestamptz not null,
  "token" text not null unique,
  "createdAt" timestamptz not null default current_timestamp,
  "updatedAt" timestamptz not null default current_timestamp,
  "ipAddress" text,
  "userAgent" text,
  "userId" text not null references auth_users ("id") on delete cascade
);
create index auth_sessions_user on auth_sessions ("userId");
create table auth_accounts (
  "id" text primary key,
  "accountId" text not null,
  "providerId" text not null,
  "userId" text not null references auth_users ("id") on delete cascade,
  "accessToken" text,
  "refreshToken" text,
  "idToken" text,
  "accessTokenExpiresAt" timestamptz,
  "refreshTokenExpiresAt" timestamptz,
  "scope" text,
  "password" text,
  "createdAt" timestamptz not null default current_timestamp,
  "updatedAt" timestamptz not null default current_timestamp
);
create index auth_accounts_user on auth_accounts ("userId");
create table auth_verifications (
  "id" text primary key,
  "identifier" text not null,
  "value" text not null,
  "expiresAt" timestamptz not null,
  "createdAt" timestamptz not null default current_timestamp,
  "updatedAt" timestamptz not null default current_timestamp
);
create index auth_verifications_identifier on auth_verifications ("identifier");

create table workspaces (
  id uuid primary key,
  name text not null,
  time_zone text not null,
  locale text not null default 'en',
  late_policy jsonb not null,
  paused_at timestamptz,
  created_at timestamptz not null
);
create table members (
  workspace_id uuid not null references workspaces on delete cascade,
  user_id text not null references auth_users on delete cascade,
  role text not null check (role in ('owner', 'admin', 'editor', 'viewer')),
  created_at timestamptz not null,
  primary key (workspace_id, user_id)
);
create index members_user on members (user_id);
create table api_keys (
  id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  created_by text not null references auth_users,
  name text not null,
  prefix text not null,
  hash bytea not null unique,
  scopes text[] not null,
  created_at timestamptz not null,
  last_used_at timestamptz,
  expires_at timestamptz,
  revoked_at timestamptz
);
create index api_keys_workspace on api_keys (workspace_id, created_at desc);

-- A write that carried an Idempotency-Key: the answer is given again, whatever happened to the connection.
create table idempotency_keys (
  actor text not null,
  key text not null,
  route text not null,
  body_hash bytea not null,
  state text not null check (state in ('running', 'done')),
  status int,
  reply jsonb,
  etag text,
  created_at timestamptz not null,
  primary key (actor, key)
);
create index idempotency_keys_age on idempotency_keys (created_at);

create table media (
  id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  kind text not null check (kind in ('image', 'video')),
  mime text not null,
  bytes bigint not null,
  width int,
  height int,
  duration_ms int,
  sha256 bytea not null,
  name text not null,
  alt text not null default '',
  storage_key text not null,
  created_by text references auth_users,
  created_at timestamptz not null,
  deleted_at timestamptz
);
create index media_workspace on media (workspace_id, created_at desc, id desc);
-- A media file made for one platform's limits; `profile` names the limits it was made for.
create table renditions (
  media_id uuid not null references media on delete cascade,
  profile text not null,
  mime text not null,
  bytes bigint not null,
  width int,
  height int,
  storage_key text not null,
  created_at timestamptz not null,
  primary key (media_id, profile)
);

-- App credentials of a platform, sealed (AAD: platform_credentials/<platform>/<realm>/sealed).
create table platform_credentials (
  platform text not null,
  realm text not null,
  sealed text not null,
  updated_at timestamptz not null,
  primary key (platform, realm)
);

create table channels (
  id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  platform text not null,
  realm text not null check (realm in ('live', 'sandbox')),
  kind text not null,
  external_id text not null,
  name text not null,
  handle text not null,
  avatar_url text,
  profile_url text,
  facts jsonb not null default '{}',
  state text not null default 'ok' check (state in ('ok', 'reconnect', 'blocked')),
  state_reason text,
  paused_at timestamptz,
  last_published_at timestamptz,
  -- The channel's lease: one publication at a time. Held while lease_until is in the future.
  lease_token uuid,
  lease_until timestamptz,
  -- Rate limit or backlog pace: nothing of this channel starts before.
  not_before timestamptz,
  version int not null default 1,
  created_at timestamptz not null,
  removed_at timestamptz
);
create unique index channels_account on channels (workspace_id, platform, realm, external_id) where removed_at is null;
create index channels_workspace on channels (workspace_id, created_at);

-- Tokens, apart from channels so that the keeper's row lock never meets the lease. AAD: channel_tokens/<channel_id>/sealed.
create table channel_tokens (
  channel_id uuid primary key references channels on delete cascade,
  sealed text not null,
  expires_at timestamptz,
  -- When the keeper refreshes it next; null = never.
  refresh_at timestamptz,
  -- Written before a refresh call leaves, cleared when its answer is stored: set on restart = the answer was lost.
  refresh_begun_at timestamptz,
  refresh_tries int not null default 0,
  generation int not null default 1,
  updated_at timestamptz not null
);
create index channel_tokens_refresh on channel_tokens (refresh_at) where refresh_at is not null;

-- A connection attempt. AAD of sealed: connect_flows/<id>/sealed.
create table connect_flows (
  id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  user_id text not null references auth_users on delete cascade,
  platform text not null,
  realm text not null,
  state text not null unique,
  step text not null,
  sealed text not null,
  public jsonb not null default '{}',
  reconnects uuid references channels,
  created_at timestamptz not null,
  expires_at timestamptz not null
);

create table posts (
  id uuid primary key,
  workspace_id uuid not null references workspaces on delete cascade,
  author_id text references auth_users,
  content jsonb not null,
  tags text[] not null default '{}',
  late_policy jsonb,
  due_at timestamptz,
  wall_time text,
  time_zone text,
  version int not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  deleted_at timestamptz
);
create index posts_workspace on posts (workspace_id, created_at desc, id desc) where deleted_at is null;
create index posts_due on posts (workspace_id, due_at) where deleted_at is null;

create table publications (
  id uuid primary key,
  post_id uuid not null references posts on delete cascade,
  workspace_id uuid not null references workspaces on delete cascade,
  channel_id uuid not null references channels,
  content jsonb,
  settings jsonb not null default '{}',
  settings_version int not null default 1,
  state text not null default 'draft'
    check (state in ('draft', 'scheduled', 'publishing', 'waiting', 'published', 'failed', 'unconfirmed', 'held', 'missed', 'cancelled')),
  reason text,
  message text,
  due_at timestamptz,
  -- When the engine looks at it next; equals due_at until something makes it wait.
  next_at timestamptz,
  -- Copy of what goes out, taken when the first attempt begins; edits after that change nothing.
  frozen jsonb,
  lease_token uuid,
  lease_until timestamptz,
  worker text,
  attempt int not null default 0,
  -- Tries used up by `try-later` failures.
  tries int not null default 0,
  -- Has a `create` step begun? From then on it cannot be cancelled.
  begun boolean not null default false,
  forecast jsonb not null default '[]',
  forecast_at timestamptz,
  started_at timestamptz,
  published_at timestamptz,
  lateness_ms int,
  external_id text,
  permalink text,
  removed_at timestamptz,
  version int not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (post_id, channel_id)
);
-- The due query reads these two.
create index publications_due on publications (next_at) where state in ('scheduled', 'waiting', 'publishing');
create index publications_channel on publications (channel_id, due_at) where state in ('scheduled', 'waiting', 'publishing');
create index publications_workspace_state on publications (workspace_id, state, due_at);

create table attempts (
  publication_id uuid not null references publications on delete cascade,
  number int not null,
  worker text not null,
  started_at timestamptz not null,
  ended_at timestamptz,
  verdict text,
  failure jsonb,
  primary key (publication_id, number)
);

-- The journal of steps: written before a step begins and after it ends, always under the lease token.
create table steps (
  publication_id uuid not null references publications on delete cascade,
  key text not null,
  position int not null,
  state text not null check (state in ('begun', 'done', 'unknown', 'refused')),
  prepared jsonb,
  saved jsonb,
  checkpoint jsonb,
  failure jsonb,
  -- Times it was begun; more than 1 only where its `again` allows.
  times int not null default 1,
  first_begun_at timestamptz not null,
  begun_at timestamptz not null,
  ended_at timestamptz,
  primary key (publication_id, key)
);

-- What happened, in order, for people and audits. Never updated.
create table journal (
  id bigint generated always as identity primary key,
  publication_id uuid not null references publications on delete cascade,
  at timestamptz not null,
  event text not null,
  attempt int,
  step text,
  message text,
  data jsonb not null default '{}'
);
create index journal_publication on journal (publication_id, id);

-- Budgets of platforms: asked before a call (update ... where used + n <= cap), paid after it.
create table quotas (
  platform text not null,
  account text not null,
  bucket text not null,
  window_start timestamptz not null,
  window_end timestamptz not null,
  used int not null default 0,
  cap int not null,
  primary key (platform, account, bucket, window_start)
);
