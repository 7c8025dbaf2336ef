-- Budgets that a network said are used up, and until when: of an account, or of a whole app. Other processes, and the next
-- start, wait as this one does.
create table quota_words (
  platform text not null,
  account text not null,
  bucket text not null,
  cap double precision not null,
  until timestamptz not null,
  at timestamptz not null,
  primary key (platform, account, bucket)
);
