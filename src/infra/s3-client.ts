/**
 * The connection to an S3 server (Amazon's, R2, Ceph, MinIO, ...), and what its refusals mean. The SDK is loaded here and
 * nowhere else, so that whoever keeps files on the disk never pays for it. The endpoint comes from the operator, who may
 * well mean a private address: the guard does not stand before it.
 */
import { randomBytes } from 'node:crypto'
import type { S3Client } from '@aws-sdk/client-s3'
import { CannotStart } from './cannot-start.ts'
import { StorageAway, StorageFull } from './storage.ts'

export type S3Settings = {
  /** Absent: Amazon's own of the region. */
  endpoint: string | undefined
  region: string
  bucket: string
  accessKeyId: string
  /** A secret. */
  secretAccessKey: string
  /** The bucket in the path instead of the host name. */
  pathStyle: boolean
  /** Before every key: empty, or ending in a slash. */
  prefix: string
}

export type S3Sdk = typeof import('@aws-sdk/client-s3')
export type S3 = { sdk: S3Sdk; client: S3Client; settings: S3Settings }

/** ms: to connect, to wait for an answer's head, and between two bytes of it. */
const patience = { connectionTimeout: 5_000, requestTimeout: 60_000, socketTimeout: 60_000 }
/** The clocks may differ by this much (s) before somebody is told. */
const mostApartS = 60
/** How often the SDK asks in all, where a repetition harms nobody: with waits in between, about four seconds. */
const maxAttempts = 4

export const connectS3 = async (settings: S3Settings): Promise<S3> => {
  const sdk = await import('@aws-sdk/client-s3')
  const client = new sdk.S3Client({
    region: settings.region,
    ...(settings.endpoint ? { endpoint: settings.endpoint } : {}),
    forcePathStyle: settings.pathStyle,
    credentials: { accessKeyId: settings.accessKeyId, secretAccessKey: settings.secretAccessKey },
    // Servers other than Amazon's refuse the newer checksums; the signature covers the SHA-256 of every body anyway.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts,
    requestHandler: {
      ...patience,
      throwOnRequestTimeout: true,
      httpAgent: { maxSockets: 64 },
      httpsAgent: { maxSockets: 64 },
    },
  })
  return { sdk, client, settings }
}

/** ms the server's clock is ahead of ours, as the SDK learnt from its answers, whose dates are whole seconds. */
export const clockOffset = (client: S3Client): number =>
  (client.config as { systemClockOffset?: number }).systemClockOffset ?? 0

type Told = Error & { Code?: string; code?: string; $metadata?: { httpStatusCode?: number }; $response?: unknown }
/** S3's own word; of a connection that failed the system's (ECONNREFUSED), as its name says nothing. */
const codeOf = (error: unknown): string => {
  const e = error as Told
  const word = e.Code ?? e.name
  return (word && word !== 'Error' ? word : e.code) ?? word ?? ''
}
export const statusOf = (error: unknown): number => (error as Told).$metadata?.httpStatusCode ?? 0

/** The object is not there. A bucket that is not there is another matter. */
export const isMissing = (error: unknown): boolean =>
  ['NoSuchKey', 'NotFound'].includes(codeOf(error)) || (statusOf(error) === 404 && codeOf(error) !== 'NoSuchBucket')

const full = ['QuotaExceeded', 'InsufficientStorage', 'XMinioStorageFull', 'EntityTooLarge']

/** What the server says about us rather than about a file, with the remedy: for the start, for health and for the log. */
const advice: Record<string, { says: string; fix: string }> = {
  NoSuchBucket: { says: 'there is no such bucket', fix: 'Make the bucket, or correct S3_BUCKET.' },
  InvalidAccessKeyId: { says: 'it does not know the access key', fix: 'Correct S3_ACCESS_KEY_ID.' },
  SignatureDoesNotMatch: {
    says: 'it refuses the signature',
    fix: 'Correct S3_SECRET_ACCESS_KEY; if it is right, S3_REGION or S3_PATH_STYLE are not.',
  },
  AccessDenied: {
    says: 'the keys may not read and write there',
    fix: 'Allow the access key to get, put, delete and list objects of the bucket, or correct S3_BUCKET.',
  },
  RequestTimeTooSkewed: { says: "this machine's clock is wrong", fix: 'Set the clock by NTP.' },
  AuthorizationHeaderMalformed: { says: 'the region is another one', fix: 'Correct S3_REGION.' },
  PermanentRedirect: { says: 'the bucket is in another region', fix: 'Correct S3_REGION, or S3_ENDPOINT.' },
  InvalidRegionName: { says: 'there is no such region', fix: 'Correct S3_REGION; at R2 leave it out.' },
  // R2's words for keys it does not know, and for those of another length than its own.
  Unauthorized: { says: 'it does not know the access key', fix: 'Correct S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY.' },
  InvalidArgument: {
    says: 'it takes an access key, a region or a name for malformed',
    fix: 'Correct S3_ACCESS_KEY_ID, S3_REGION and S3_BUCKET: at R2 the access key has 32 characters.',
  },
  InvalidBucketName: { says: 'no bucket can have this name', fix: 'Correct S3_BUCKET.' },
  NotImplemented: {
    says: 'it does not know the requests of S3 that Clarion needs',
    fix: 'Correct S3_ENDPOINT: it has to be an S3 server that lists, copies and takes uploads in parts.',
  },
  NotKept: {
    says: 'it does not give back what it was given',
    fix: 'Correct S3_ENDPOINT: something other than an S3 server answers there, or stands before it.',
  },
  ENOTFOUND: {
    says: 'there is no host of that name (ENOTFOUND)',
    fix: 'Correct S3_ENDPOINT, S3_REGION and S3_BUCKET; where buckets have no host names of their own, set S3_PATH_STYLE=1.',
  },
  EPROTO: { says: 'it speaks no TLS there (EPROTO)', fix: 'Correct S3_ENDPOINT: http:// instead of https://.' },
  IllegalLocationConstraintException: { says: 'the bucket is in another region', fix: 'Correct S3_REGION.' },
}
/** Over, perhaps, without anybody's doing: a name server may be away too. */
const passes = ['ENOTFOUND', 'EPROTO']
/** HEAD has no body to tell a code in; then the status has to do. */
const byStatus: Record<number, string> = {
  301: 'PermanentRedirect',
  // A success that is no answer of S3.
  200: 'NotKept',
  401: 'Unauthorized',
  403: 'AccessDenied',
  404: 'NoSuchBucket',
}

/** An error of the SDK as those who asked for a file know it: `StorageFull`, or `StorageAway` with a reason. */
export const asStorageError = (error: unknown): Error => {
  if (full.includes(codeOf(error)) || statusOf(error) === 507) return new StorageFull()
  const known = advice[codeOf(error)]
  // The SDK's own words carry addresses and request ids at most, but the code alone says it.
  return new StorageAway(known?.says ?? (codeOf(error) || 'no answer'), error)
}

export type Trouble = {
  /** A clause: "there is no such bucket". */
  says: string
  fix: string
  /** It may be over in a moment without anybody's doing. */
  passing: boolean
}

const troubleOf = (error: unknown): Trouble => {
  const status = statusOf(error)
  const known = advice[codeOf(error)] ?? advice[byStatus[status] ?? '']
  if (known) return { ...known, passing: passes.includes(codeOf(error)) }
  if (/CERT|SIGNATURE_FAILURE/.test(codeOf(error)))
    return {
      says: `its certificate is not trusted (${codeOf(error)})`,
      fix: 'Name the certificate of its authority in NODE_EXTRA_CA_CERTS, or correct S3_ENDPOINT.',
      passing: true,
    }
  const says = status ? `it answers ${status} ${codeOf(error)}` : `it does not answer (${codeOf(error)})`
  return {
    says,
    fix: 'Start that server, or correct S3_ENDPOINT and S3_REGION.',
    passing: !status || status >= 500 || status === 429,
  }
}

class NotKept extends Error {
  override readonly name = 'NotKept'
}
/**
 * Looks at what a server says to bytes it was given. Whatever answers 200 to everything (a web page, a proxy before the
 * server) names no ETag: what it "took" would be lost. @throws NotKept.
 */
export const kept = <T extends { ETag?: string | undefined }>(answer: T): T => {
  if (answer.ETag) return answer
  throw new NotKept('an answer without an ETag')
}

/** Writes a few bytes, reads them back and takes them away again. */
const tryOut = async ({ sdk, client, settings }: S3): Promise<void> => {
  const name = `incoming/start-${randomBytes(6).toString('hex')}`
  const mark = { Bucket: settings.bucket, Key: settings.prefix + name }
  kept(await client.send(new sdk.PutObjectCommand({ ...mark, Body: new TextEncoder().encode(name) })))
  const back = await client.send(new sdk.GetObjectCommand(mark))
  const same = (await back.Body?.transformToString()) === name
  await client.send(new sdk.DeleteObjectCommand(mark))
  if (!same) throw new NotKept('other bytes came back')
}

/** Why the storage cannot be used now; null when it can. A listing, as its refusal has a body that says which setting is wrong. */
export const whyNot = ({ sdk, client, settings }: S3): Promise<Trouble | null> =>
  client
    .send(new sdk.ListObjectsV2Command({ Bucket: settings.bucket, Prefix: settings.prefix, MaxKeys: 1 }))
    .then(() => null, troubleOf)

/**
 * Tries what Clarion will do there. One that does not answer right now is no wrong setting, nor is a clock that differs, which
 * signatures are corrected by: then the sentence for the log.
 * @throws CannotStart when the server refuses us.
 */
export const assertUsable = async (s3: S3): Promise<string | null> => {
  const { client, settings } = s3
  const { bucket, endpoint, region } = settings
  const why = (await whyNot(s3)) ?? (await tryOut(s3).then(() => null, troubleOf))
  const where = `S3 (bucket ${bucket} at ${endpoint ?? region})`
  if (!why) {
    const apart = Math.round(clockOffset(client) / 1000)
    return Math.abs(apart) < mostApartS
      ? null
      : `${where}: its clock and this machine's are ${Math.abs(apart)} s apart. Set both by NTP.`
  }
  const sentence = `${where}: ${why.says}.`
  if (!why.passing) throw new CannotStart(sentence, why.fix)
  return `${sentence} ${why.fix}`
}
