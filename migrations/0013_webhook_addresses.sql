-- An address of its own for each app's webhooks (/webhooks/<platform>/<webhook_key>): a handshake is answered, and a delivery
-- checked, with the secret of that app alone. 122 random bits; whoever guesses one still has to sign.
alter table platform_credentials add column webhook_key text not null default replace(gen_random_uuid()::text, '-', '');
alter table platform_credentials add constraint platform_credentials_webhook_key unique (webhook_key);
