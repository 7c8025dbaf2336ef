-- What a channel may (as the network said when it gave the token), when it last changed, and where an imported file came from.
alter table channel_tokens add column scopes text[];
alter table channels add column updated_at timestamptz;
alter table media add column source_url text;
