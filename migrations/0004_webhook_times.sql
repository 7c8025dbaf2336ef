-- When the network says an event happened; it may arrive days later, after the account was connected anew.
alter table webhook_events add column happened_at timestamptz;
