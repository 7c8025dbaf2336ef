-- A password that somebody else chose is good for one thing: choosing another.
alter table auth_users add column must_change_password boolean not null default false;
