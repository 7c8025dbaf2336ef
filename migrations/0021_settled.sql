-- `settled`: the state of a publication that nothing more happens to by itself; null while it is scheduled, waiting or
-- publishing (decision 0031). No index names `state`, so that a claim is one new version of the row and no index entry. The
-- trigger keeps it, so that no writer can forget it; what is settled is prepared no more.
--
-- A default for what is there writes no row: of a large table nearly all is published. The rest is put right by the next file.
alter table publications add column settled text default 'published';
alter table publications alter column settled drop default;

-- Published, and not yet given its looks at the numbers: a list of its own, so that the row is not written once more.
create table uncounted (publication_id uuid primary key);

create function keep_settled() returns trigger language plpgsql as $$
begin
  if new.state in ('scheduled', 'waiting', 'publishing') then
    new.settled := null;
  else
    new.settled := new.state;
    new.prepare_at := null;
    if new.state = 'published' and (tg_op = 'INSERT' or old.state <> 'published') then
      insert into uncounted values (new.id) on conflict do nothing;
    end if;
  end if;
  return new;
end
$$;
create trigger publications_settled before insert or update of state on publications for each row execute function keep_settled();
