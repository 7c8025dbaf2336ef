-- Lines, steps and attempts go with their publication by a trigger, and no more by foreign keys (decision 0032): each row that is
-- written asked for its publication once more, which its statement had locked itself. That was a seventh of the database's work.
create function forget_with_publication() returns trigger language plpgsql as $$
begin
  delete from journal where publication_id = old.id;
  delete from steps where publication_id = old.id;
  delete from attempts where publication_id = old.id;
  return null;
end
$$;
create trigger publications_forget after delete on publications for each row execute function forget_with_publication();
alter table journal drop constraint journal_publication_id_fkey;
alter table steps drop constraint steps_publication_id_fkey;
alter table attempts drop constraint attempts_publication_id_fkey;
