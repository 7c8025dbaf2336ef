-- The network's id of the person whose consent a channel lives by, where that is not the account itself (a Page): networks
-- name the person when they say that access was taken away or that data must be deleted.
alter table channels add column person_id text;
create index channels_person on channels (platform, realm, person_id) where person_id is not null;
