-- When each worker last completed a look for what is due. Whoever only shows (an API process) learns from it that nobody publishes.
create table workers (
  name text primary key,
  looked_at timestamptz not null
);
