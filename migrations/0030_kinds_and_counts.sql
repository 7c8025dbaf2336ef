-- What lists and numbers ask of a large history, kept as it is written (decision 0033).

-- The kinds of content of a post, its channels' own included: what a list by kind walks. It may name a kind too many (another
-- edited the post while the next file filled this in) and never one too few; what is shown is judged by the post itself.
create table post_kinds (
  post_id uuid not null references posts (id) on delete cascade,
  kind text not null,
  workspace_id uuid not null,
  primary key (post_id, kind)
);
create index post_kinds_workspace on post_kinds (workspace_id, kind, post_id);

-- The same rule as `contentTypeOf` in planner/posts/store.ts; a test holds the two together.
create function kind_of_content(content jsonb) returns text language plpgsql stable as $$
declare
  n bigint;
  videos bigint;
  documents bigint;
begin
  if jsonb_array_length(content -> 'segments') > 1 then return 'thread'; end if;
  if coalesce(content #> '{segments,0,mediaIds}', '[]') = '[]' then return 'text'; end if;
  select count(*), count(*) filter (where f.kind = 'video'), count(*) filter (where f.kind = 'document')
  into n, videos, documents
  from jsonb_array_elements_text(content #> '{segments,0,mediaIds}') as i (id) join media f on f.id = i.id::uuid;
  return case when n = 0 then 'text' when documents > 0 then 'document' when n = 1 and videos = 1 then 'video' when n = 1 then 'image'
    when videos = 0 then 'images' else 'mixed' end;
end
$$;

create function keep_kinds_of_post() returns trigger language plpgsql as $$
declare
  post uuid;
  ws uuid;
  kinds text[];
begin
  if tg_table_name = 'posts' then post := new.id; ws := new.workspace_id;
  elsif tg_op = 'DELETE' then post := old.post_id; ws := old.workspace_id;
  else post := new.post_id; ws := new.workspace_id;
  end if;
  select array_agg(distinct kind_of_content(c)) into kinds from (
    select p.content as c from posts p where p.id = post
    union all select x.content from publications x join posts p on p.id = x.post_id where x.post_id = post and x.content is not null
  ) y;
  -- Its post goes, and all with it.
  if kinds is null then return null; end if;
  delete from post_kinds where post_id = post and kind <> all (kinds);
  insert into post_kinds (post_id, kind, workspace_id) select post, k, ws from unnest(kinds) k on conflict do nothing;
  return null;
end
$$;
create trigger posts_kinds_new after insert on posts for each row execute function keep_kinds_of_post();
create trigger posts_kinds after update of content on posts for each row when (new.content is distinct from old.content) execute function keep_kinds_of_post();
create trigger publications_kinds_new after insert on publications for each row when (new.content is not null) execute function keep_kinds_of_post();
create trigger publications_kinds after update of content on publications for each row when (new.content is distinct from old.content) execute function keep_kinds_of_post();
create trigger publications_kinds_gone after delete on publications for each row when (old.content is not null) execute function keep_kinds_of_post();

-- Keys of words: every run of three, two and one characters, so that whatever is looked for has keys. (`runs_of` of migration
-- post_words left out the shorter runs of ASCII: a search for "uk" walked.) The workspace is over all, as there.
create function word_keys(ws uuid, words text, shortest int) returns bigint[] language plpgsql immutable parallel safe as $$
declare
  w bigint := ('x' || translate(right(ws::text, 17), '-', ''))::bit(64)::bigint;
begin
  return (
    select coalesce(array_agg((a << 42 | b << 21 | c) # w) filter (where c is not null), '{}')
      || coalesce(array_agg((a << 21 | b) # w) filter (where shortest <= 2 and b is not null), '{}')
      || coalesce(array_agg(a # w) filter (where shortest <= 1), '{}')
    from (
      select a, lead(a) over () as b, lead(a, 2) over () as c
      from (select ascii(c)::bigint as a from unnest(string_to_array(words, null)) u (c)) x
    ) y
  );
end
$$;

-- How many publications are published: the sum of these lines and the rows of `uncounted`. What is published enters `uncounted`
-- as it did, so that publishing pays nothing; what leaves it is added here, hundreds at a time. Lines are appended and then
-- folded by who comes next, so that nobody waits for a number.
create table published_counts (id bigint generated always as identity primary key, n bigint not null);

create function count_published() returns trigger language plpgsql as $$
declare
  added bigint := (select count(*) from gone);
begin
  if added = 0 then return null; end if;
  with folded as (
    delete from published_counts where id in (select id from published_counts for update skip locked) returning n
  )
  insert into published_counts (n) select added + coalesce(sum(n), 0) from folded;
  return null;
end
$$;
create trigger uncounted_gone after delete on uncounted referencing old table as gone for each statement execute function count_published();

create or replace function keep_settled() returns trigger language plpgsql as $$
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
  -- No event leads away from published; the number stays true all the same, whoever writes.
  if tg_op = 'UPDATE' and old.state = 'published' and new.state <> 'published' then
    delete from uncounted where publication_id = new.id;
    insert into published_counts (n) values (-1);
  end if;
  return new;
end
$$;

create or replace function forget_with_publication() returns trigger language plpgsql as $$
begin
  delete from journal where publication_id = old.id;
  delete from steps where publication_id = old.id;
  delete from attempts where publication_id = old.id;
  if old.settled = 'published' then insert into published_counts (n) values (-1); end if;
  return null;
end
$$;

-- What is there, counted once: on 1,000,000 publications half a second, in which others read, and wait before they write.
lock table publications, uncounted in share row exclusive mode;
insert into published_counts (n) select (select count(*) from publications where settled = 'published') - (select count(*) from uncounted);
