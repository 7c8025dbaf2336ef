-- Tries of a publication (preparings and attempts) that ended without a word, one after another: a lease that ran out. Counted when the
-- next one is taken; at five nobody takes it up again by itself (planner/publishing/deaths.ts).
alter table publications add column deaths smallint not null default 0;
