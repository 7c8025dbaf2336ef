-- The generation of the token that was deleted last: a first token after it goes on counting, so that what an older attempt
-- knows is never taken for news of a fresh connection.
alter table channels add column last_generation integer not null default 0;
