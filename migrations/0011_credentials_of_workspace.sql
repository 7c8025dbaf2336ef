-- App credentials belong to a workspace. Rows without one are the installation's: the sandbox's, and what was entered before.
alter table platform_credentials add column workspace_id uuid references workspaces (id) on delete cascade;
alter table platform_credentials drop constraint platform_credentials_pkey;
alter table platform_credentials add constraint platform_credentials_place unique nulls not distinct (platform, realm, workspace_id);
