/** Where files are kept, from the environment: on the disk, or in a bucket of an S3 server. Read by `config.ts` alone. */
import { CannotStart } from './cannot-start.ts'
import type { S3Settings } from './s3-client.ts'

export const storageMakes = ['disk', 's3'] as const
export type StorageMake = (typeof storageMakes)[number]

export type StorageSettings = {
  /** Where new files go; what lies in the other make is still read. */
  make: StorageMake
  s3: (S3Settings & { cdnUrl: string | undefined; cacheBytes: number }) | undefined
}

type Reader = {
  text: (name: string) => string | undefined
  int: (name: string, min: number, max: number) => number | undefined
  flag: (name: string, otherwise: boolean) => boolean
  oneOf: <T extends string>(name: string, all: readonly T[], otherwise: T) => T
  url: (name: string, schemes: readonly string[]) => string | undefined
}

const safePrefix = /^([a-z0-9][a-z0-9_.-]*\/)*$/i

/** @throws CannotStart naming what is missing or wrong. */
export const readStorage = (r: Reader): StorageSettings => {
  const endpoint = r.url('S3_ENDPOINT', ['http:', 'https:'])
  const cdnUrl = r.url('CDN_URL', ['http:', 'https:'])
  const needed = {
    S3_BUCKET: r.text('S3_BUCKET'),
    S3_ACCESS_KEY_ID: r.text('S3_ACCESS_KEY_ID'),
    S3_SECRET_ACCESS_KEY: r.text('S3_SECRET_ACCESS_KEY'),
  }
  const region = r.text('S3_REGION')
  const make = r.oneOf('CLARION_STORAGE', storageMakes, needed.S3_BUCKET ? 's3' : 'disk')
  const missing = Object.entries(needed).flatMap(([name, value]) => (value ? [] : [name]))
  const wanted = make === 's3' || endpoint || region || cdnUrl || missing.length < 3
  if (!wanted) return { make, s3: undefined }
  if (missing.length > 0)
    throw new CannotStart(
      `S3 is meant to keep the files, but ${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} not set.`,
      `Set ${missing.join(' and ')}, or leave out every S3_ setting and CDN_URL.`,
    )
  if (!endpoint && !region)
    throw new CannotStart(
      'S3 is meant to keep the files, but neither S3_ENDPOINT nor S3_REGION is set.',
      'Set S3_REGION for a bucket of Amazon, S3_ENDPOINT for any other server.',
    )
  if (endpoint && new URL(endpoint).pathname !== '/')
    throw new CannotStart(
      'S3_ENDPOINT has a path.',
      'Give the address of the server alone, and the bucket in S3_BUCKET: R2 shows both in one.',
    )
  const given = r.text('S3_PREFIX') ?? ''
  const prefix = given === '' || given.endsWith('/') ? given : `${given}/`
  if (prefix.length > 200 || !safePrefix.test(prefix))
    throw new CannotStart(
      `S3_PREFIX is "${given}", which is not a folder.`,
      'Use letters, digits, - _ . and single slashes, none at the beginning.',
    )
  return {
    make,
    s3: {
      endpoint,
      region: region ?? 'auto',
      bucket: needed.S3_BUCKET!,
      accessKeyId: needed.S3_ACCESS_KEY_ID!,
      secretAccessKey: needed.S3_SECRET_ACCESS_KEY!,
      // Amazon's own wants the bucket in the host name; most others have no such names.
      pathStyle: r.flag('S3_PATH_STYLE', endpoint !== undefined),
      prefix,
      cdnUrl,
      cacheBytes: (r.int('S3_CACHE_MB', 64, 100_000_000) ?? 5120) * 1024 ** 2,
    },
  }
}
