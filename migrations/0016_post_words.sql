-- What posts say, in one place, for the search: the words of a post, of its channels and its tags, in lower case.
-- Every run of three characters is a key of the index, and every shorter one with a character beyond ASCII, so that a
-- search finds parts of words in any script (three letters, two Chinese characters, one emoji). Keys are made different
-- by workspace: what others write costs nobody anything. Decision 0026.
create table post_words (
  post_id uuid primary key references posts (id) on delete cascade,
  workspace_id uuid not null,
  words text not null
);

-- Parts are kept apart by a character nobody types.
create function words_of_post(post uuid) returns text language sql stable as $$
  select lower(concat_ws(chr(31), (
    select string_agg(t #>> '{}', chr(31)) from posts p, jsonb_path_query(p.content, '$.segments[*].text') t where p.id = post
  ), (
    select string_agg(t #>> '{}', chr(31)) from publications x, jsonb_path_query(x.content, '$.segments[*].text') t where x.post_id = post and x.content is not null
  ), (
    select array_to_string(p.tags, chr(31)) from posts p where p.id = post
  )))
$$;

-- The runs of at least `shortest` characters in a text: 21 bits a character, and the workspace over all. (The index sorts
-- and drops repetitions; plpgsql, as it keeps its plan.)
create function runs_of(ws uuid, words text, shortest int) returns bigint[] language plpgsql immutable parallel safe as $$
declare
  w bigint := ('x' || translate(right(ws::text, 17), '-', ''))::bit(64)::bigint;
begin
  return (
    select coalesce(array_agg((a << 42 | b << 21 | c) # w) filter (where c is not null), '{}')
      || coalesce(array_agg((a << 21 | b) # w) filter (where shortest <= 2 and (a > 127 or b > 127)), '{}')
      || coalesce(array_agg(a # w) filter (where shortest <= 1 and a > 127), '{}')
    from (
      select a, lead(a) over () as b, lead(a, 2) over () as c
      from (select ascii(c)::bigint as a from unnest(string_to_array(words, null)) u (c)) x
    ) y
  );
end
$$;

create function keep_words_of_post() returns trigger language plpgsql as $$
declare
  post uuid;
begin
  if tg_table_name = 'posts' then post := new.id;
  elsif tg_op = 'DELETE' then post := old.post_id;
  else post := new.post_id;
  end if;
  insert into post_words (post_id, workspace_id, words) select p.id, p.workspace_id, words_of_post(p.id) from posts p where p.id = post
  on conflict (post_id) do update set words = excluded.words where post_words.words <> excluded.words;
  return null;
end
$$;
create trigger posts_words after insert or update of content, tags on posts for each row execute function keep_words_of_post();
create trigger publications_words_new after insert on publications for each row when (new.content is not null) execute function keep_words_of_post();
create trigger publications_words after update of content on publications for each row when (new.content is distinct from old.content) execute function keep_words_of_post();
create trigger publications_words_gone after delete on publications for each row when (old.content is not null) execute function keep_words_of_post();

-- Posts that are on no channel: the drafts no other table leads to.
create table posts_without_channels (
  post_id uuid primary key references posts (id) on delete cascade,
  workspace_id uuid not null
);
create index posts_without_channels_workspace on posts_without_channels (workspace_id, post_id);

create function keep_posts_without_channels() returns trigger language plpgsql as $$
begin
  if tg_table_name = 'posts' then
    insert into posts_without_channels (post_id, workspace_id) values (new.id, new.workspace_id) on conflict do nothing;
  elsif tg_op = 'INSERT' then
    delete from posts_without_channels where post_id = new.post_id;
  else
    insert into posts_without_channels (post_id, workspace_id)
    select p.id, p.workspace_id from posts p where p.id = old.post_id and not exists (select 1 from publications x where x.post_id = p.id)
    on conflict do nothing;
  end if;
  return null;
end
$$;
create trigger posts_bare after insert on posts for each row execute function keep_posts_without_channels();
create trigger publications_bare_new after insert on publications for each row execute function keep_posts_without_channels();
create trigger publications_bare_gone after delete on publications for each row execute function keep_posts_without_channels();
