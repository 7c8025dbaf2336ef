/**
 * The settings as people read them: `npm run gen` writes the table of the README from this list, and a test holds it against
 * what `config.ts` reads. Texts are Markdown.
 */
export type Setting = {
  /** Environment variables; the first is the one to use. */
  names: readonly string[]
  /** The flag of `npm start` that does the same. */
  flag?: string
  /** What holds without it. */
  otherwise: string
  what: string
}

export const settings: readonly Setting[] = [
  {
    names: ['CLARION_DATA_DIR'],
    flag: '--data',
    otherwise: '`./data`',
    what: 'database, media, keys',
  },
  {
    names: ['CLARION_PORT', 'PORT'],
    flag: '--port',
    otherwise: '4400',
    what: 'port; 0 takes a free one',
  },
  {
    names: ['CLARION_HOST'],
    flag: '--host',
    otherwise: '127.0.0.1',
    what: 'address to listen on; beyond this machine, and behind a proxy, the first visit needs the token printed at the start',
  },
  {
    names: ['CLARION_URL'],
    otherwise: 'from host and port',
    what: 'the address people type; sign-in callbacks and media links use it',
  },
  {
    names: ['DATABASE_URL'],
    otherwise: 'own PostgreSQL',
    what: 'a PostgreSQL server, version 15 or newer',
  },
  {
    names: ['CLARION_DB_POOL'],
    otherwise: '20',
    what: 'database connections of this process',
  },
  {
    names: ['CLARION_DB_PREPARED'],
    otherwise: '1',
    what: '0 sends database statements unprepared, for a pooler that cannot keep them (PgBouncer before 1.21 in transaction mode)',
  },
  {
    names: ['REDIS_URL'],
    otherwise: 'none',
    what: 'a Redis 7 (or Valkey) that shares work and limits between processes; see [docs/scaling.md](docs/scaling.md)',
  },
  {
    names: ['CLARION_DB_STATEMENT_MS'],
    otherwise: '15000 of role `api`, else 60000',
    what: 'how long one statement may take (ms); a request answers 503 then, the work in the background is tried again. 0: any time',
  },
  {
    names: ['CLARION_DB_LOCK_MS', 'CLARION_DB_WAIT_MS'],
    otherwise: '10000',
    what: 'how long a statement waits for a lock, and whoever needs one for a free connection (ms); 0: any time',
  },
  {
    names: ['CLARION_ROLE'],
    flag: '--role',
    otherwise: 'all',
    what: '`all`, `api` or `worker`',
  },
  {
    names: ['CLARION_SANDBOX'],
    otherwise: '1',
    what: '0 turns the imitations off',
  },
  {
    names: ['CLARION_SANDBOX_URL'],
    otherwise: 'own',
    what: 'a sandbox running elsewhere',
  },
  {
    names: ['CLARION_KEYS'],
    otherwise: '`data/keys.json`',
    what: '`kid:base64,...`: 32-byte keys that seal tokens; the first seals, all open',
  },
  {
    names: ['CLARION_ALLOW_PRIVATE_HOSTS'],
    otherwise: 'none',
    what: 'hosts that may be private although Clarion calls them',
  },
  {
    names: ['CLARION_TRUST_PROXY'],
    otherwise: '0',
    what: 'whom `X-Forwarded-*` is believed: a number of hops (1: the proxy in front), or addresses and CIDR ranges by comma; see [docs/proxies.md](docs/proxies.md)',
  },
  {
    names: ['CLARION_METRICS_TOKEN'],
    otherwise: 'none',
    what: 'opens `/metrics` to this bearer token; without it only to the machine of a Clarion nobody else can reach',
  },
  {
    names: ['CLARION_LOG', 'CLARION_LOG_FORMAT'],
    otherwise: 'info; text on a terminal, else json',
    what: 'level; format',
  },
  {
    names: ['CLARION_HISTORY_DAYS'],
    otherwise: '0',
    what: 'days the steps, tries and story of a publication that is over are kept; 0 for ever, else at least 30',
  },
  {
    names: ['CLARION_DRAIN_MS'],
    otherwise: '20000',
    what: 'how long a shutdown waits for work in flight (ms)',
  },
  {
    names: ['CLARION_BODY_MS'],
    otherwise: '60000',
    what: 'how long a request may take to arrive (ms); uploads of files may take longer',
  },
  {
    names: ['CLARION_VIDEO_MB'],
    otherwise: '4096',
    what: 'MiB a video may have, at most 262144',
  },
  {
    names: ['CLARION_BACKUP_PASSPHRASE'],
    otherwise: 'none',
    what: 'the passphrase (at least 12 characters) `clarion backup` seals with and `clarion restore` opens with; see [docs/backup.md](docs/backup.md)',
  },
  {
    names: ['CLARION_BACKUP_KEY_FILE'],
    otherwise: 'none',
    what: 'a file of at least 32 random bytes that is used instead of a passphrase',
  },
  {
    names: ['CLARION_STORAGE'],
    otherwise: '`s3` when S3_BUCKET is set, else `disk`',
    what: 'where new files go; see [docs/storage.md](docs/storage.md) for S3, R2, a CDN, and moving from one to the other',
  },
  {
    names: ['S3_BUCKET', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'],
    otherwise: 'files lie in `data/media`',
    what: 'the bucket files are kept in, and the keys to it',
  },
  {
    names: ['S3_ENDPOINT'],
    otherwise: "Amazon's",
    what: 'address of an S3 server: R2, Ceph, MinIO, ...',
  },
  {
    names: ['S3_REGION'],
    otherwise: '`auto`',
    what: 'region of the bucket; needed at Amazon',
  },
  {
    names: ['S3_PATH_STYLE'],
    otherwise: '1 with S3_ENDPOINT, else 0',
    what: '1: the bucket stands in the path of addresses, 0: in the host name',
  },
  {
    names: ['S3_PREFIX'],
    otherwise: 'none',
    what: 'folder within the bucket',
  },
  {
    names: ['S3_CACHE_MB'],
    otherwise: '5120',
    what: 'MiB of copies a process may keep in `data/cache` while it works on them',
  },
  {
    names: ['CDN_URL'],
    otherwise: 'none',
    what: 'address of a CDN before the bucket: networks that fetch media get links to it',
  },
  {
    names: ['CLARION_<PLATFORM>_<FIELD>'],
    otherwise: '',
    what: 'app credentials, e.g. `CLARION_X_COM_CLIENT_ID`',
  },
]
