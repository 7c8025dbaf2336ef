-- What is not published yet, and was called so by the default: on 1,000,000 publications about two seconds, in which others
-- read, and wait before they write.
lock table publications in share row exclusive mode;
update publications set state = state where state <> 'published';
