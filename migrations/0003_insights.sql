-- Numbers that come back, live facts of accounts, and what networks tell us by themselves.

-- What a network last said of its own quotas on a channel; `headers`: read from the answers of other calls.
create table quota_readings (
  channel_id uuid not null references channels on delete cascade,
  bucket text not null,
  source text not null check (source in ('account', 'headers')),
  label text not null,
  used double precision not null,
  cap double precision not null,
  resets_at timestamptz,
  at timestamptz not null,
  primary key (channel_id, bucket)
);
-- When the network was last asked about the account.
alter table channels add column account_at timestamptz;

-- Metrics of a publication (or, without one, of the channel) at a moment. `metrics`: null members were not reported.
create table snapshots (
  id bigint generated always as identity primary key,
  channel_id uuid not null references channels on delete cascade,
  publication_id uuid references publications on delete cascade,
  at timestamptz not null,
  metrics jsonb not null,
  raw jsonb not null
);
create index snapshots_publication on snapshots (publication_id, at) where publication_id is not null;
create index snapshots_channel on snapshots (channel_id, at) where publication_id is null;

-- When the numbers are read next. `id` is the publication's or the channel's own. The channel's row is also the gate of
-- all looks on it: its lease lets one look at a time through, and `not_before` keeps what the network asked for.
create table insight_looks (
  id uuid primary key,
  channel_id uuid not null references channels on delete cascade,
  publication_id uuid references publications on delete cascade,
  next_at timestamptz,
  looked_at timestamptz,
  tries int not null default 0,
  failure text,
  lease_token uuid,
  lease_until timestamptz,
  not_before timestamptz
);
create index insight_looks_due on insight_looks (next_at) where next_at is not null;
create index insight_looks_channel on insight_looks (channel_id, next_at) where next_at is not null;
-- Has a published publication been given its looks?
alter table publications add column counted boolean not null default false;
create index publications_uncounted on publications (id) where state = 'published' and not counted;

-- Events of networks, kept so that a replay is known and a killed process loses none. `next_at` null: handled.
create table webhook_events (
  id bigint generated always as identity primary key,
  platform text not null,
  realm text not null check (realm in ('live', 'sandbox')),
  key text not null,
  account text,
  does text not null,
  ref text,
  message text,
  url text,
  data jsonb not null,
  received_at timestamptz not null,
  next_at timestamptz,
  tries int not null default 0,
  outcome text,
  unique (platform, realm, key)
);
create index webhook_events_due on webhook_events (next_at) where next_at is not null;
create index webhook_events_age on webhook_events (received_at);
-- Events name posts by the network's id.
create index publications_external on publications (channel_id, external_id) where external_id is not null;
create index publications_made on publications (channel_id, created_at);

-- Which channels the network was asked to send events about, and when it is asked again.
create table webhook_subscriptions (
  channel_id uuid primary key references channels on delete cascade,
  next_at timestamptz,
  subscribed_at timestamptz,
  tries int not null default 0,
  failure text
);
create index webhook_subscriptions_due on webhook_subscriptions (next_at) where next_at is not null;
