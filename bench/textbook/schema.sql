-- The tables of the textbook planner: accounts with their tokens, and posts with a status.
create table textbook_accounts (
  id      bigint primary key,
  handle  text not null,
  token   text not null
);
create table textbook_posts (
  id            bigint primary key,
  account_id    bigint not null references textbook_accounts,
  text          text not null,
  due_at        timestamptz not null,
  status        text not null default 'scheduled',
  remote_id     text,
  error         text,
  published_at  timestamptz
);
create index textbook_posts_due on textbook_posts (status, due_at);
