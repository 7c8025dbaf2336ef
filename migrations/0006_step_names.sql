-- The name of a step by itself: queries ask for it instead of taking keys apart, each in its own way.
alter table steps add column name text not null generated always as (split_part(key, ':', 1)) stored;
