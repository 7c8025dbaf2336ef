/**
 * Storage in a bucket of an S3 server. Bytes pass straight through in both directions; what a tool or a request's body needs
 * as a file is brought to a bounded cache (storage-cache.ts), where an upload leaves its copy on the way.
 *
 * What was stored is what was sent: the signature of each request covers the SHA-256 of its body, the hash of the whole file
 * is kept with it, and a copy that is brought to the disk is held against it.
 */
import { createHash } from 'node:crypto'
import { createReadStream, openAsBlob } from 'node:fs'
import { open, rm, stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import type { GetObjectCommandOutput } from '@aws-sdk/client-s3'
import { readStream, TooManyBytes, writeStream } from './files.ts'
import type { Hold } from './hold.ts'
import { holding } from './hold.ts'
import { asStorageError, clockOffset, isMissing, kept, type S3, statusOf, whyNot } from './s3-client.ts'
import { copyObject, sendStream } from './s3-upload.ts'
import { passed } from './scavenge.ts'
import { asFull, checkedKey, FileChanged, NotStored, type Storage, StorageAway, StorageFull } from './storage.ts'
import type { FileCache } from './storage-cache.ts'

/** The largest object there is. */
const mostBytes = 5 * 1024 ** 4
/** How often reading is taken up again where it broke off, without a byte in between. */
const resumes = 3
/** A copy in the cache that nobody has used for so long is given up at the next sweep (ms). */
const idleMs = 24 * 3_600_000
/** Only what Clarion may have begun is ended. */
const ours = /^(incoming|media|renditions)\//

export type S3StorageOptions = {
  s3: S3
  cache: FileCache
  /** Epoch ms of this machine: what a signature is dated with, and the server judges by its own clock. */
  now: () => number
  /** Makes public addresses; absent: the bucket has none. `reachable`: networks on the Internet come as far as there. */
  links?: { cdnUrl: string | undefined; reachable: boolean }
}

/** An hour, so that one link serves repeated calls. */
const linkStepMs = 3_600_000

export const s3Storage = ({ s3, cache, now, links }: S3StorageOptions): Storage => {
  const { sdk, client, settings } = s3
  const at = (key: string) => ({ Bucket: settings.bucket, Key: settings.prefix + checkedKey(key) })
  /** An error about a key as those who asked for it know it. */
  const refused = (key: string) => (error: unknown) => {
    throw isMissing(error) ? new NotStored(key) : asStorageError(error)
  }

  const head = (key: string) => client.send(new sdk.HeadObjectCommand(at(key))).then(kept)
  const get = (key: string, range?: { from: number; to?: number }, etag?: string) =>
    client
      .send(
        new sdk.GetObjectCommand({
          ...at(key),
          ...(range ? { Range: `bytes=${range.from}-${range.to ?? ''}` } : {}),
          ...(etag ? { IfMatch: etag } : {}),
        }),
      )
      .then(kept)
      .catch(refused(key))

  /** The bytes of an answer, taken up again where the connection broke. */
  const bytesOf = async function* (key: string, first: GetObjectCommandOutput, from: number, to?: number) {
    let answer = first
    let next = from
    let broke = 0
    const end = from + (first.ContentLength ?? 0)
    for (;;) {
      try {
        for await (const chunk of answer.Body as AsyncIterable<Buffer>) {
          next += chunk.length
          broke = 0
          passed(chunk.length)
          yield chunk
        }
        if (next >= end) return
        throw new Error('the connection ended early')
      } catch (error) {
        if (++broke > resumes) throw new StorageAway('the connection broke', error)
        answer = await get(key, { from: next, ...(to === undefined ? {} : { to }) }, first.ETag)
      }
    }
  }

  const bring = async (key: string, hold: Hold): Promise<string> => {
    const here = await cache.find(checkedKey(key), hold)
    if (here) return here
    const about = await head(key).catch(refused(key))
    return cache.bring(key, about.ContentLength ?? 0, hold, async (path) => {
      const answer = await get(key)
      const { sha256 } = await writeStream(path, bytesOf(key, answer, 0), { maxBytes: answer.ContentLength ?? 0 })
      const known = answer.Metadata?.sha256
      if (known && known !== sha256.toString('hex')) throw new FileChanged(key)
    })
  }

  const put = async (key: string, bytes: Uint8Array) => {
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    await client
      .send(new sdk.PutObjectCommand({ ...at(key), Body: bytes, Metadata: { sha256 } }))
      .then(kept)
      .catch((error: unknown) => {
        throw asStorageError(error)
      })
    await cache.drop(key)
  }

  /** Sends a stream that `read` makes; an error of its own stays what it is, one of the server's is told as ours. */
  const send = async (
    target: Parameters<typeof sendStream>[1],
    source: AsyncIterable<Uint8Array>,
    atMost: number,
  ): Promise<void> => {
    let broke: { error: unknown } | undefined
    const watched = async function* () {
      try {
        yield* source
      } catch (error) {
        broke = { error }
        throw error
      }
    }
    await sendStream(s3, target, watched(), atMost).catch((error: unknown) => {
      if (broke) return asFull(broke.error)
      throw asStorageError(error)
    })
  }

  const putStream: Storage['putStream'] = async (key, source, { maxBytes, expected = 0, about }) => {
    checkedKey(key)
    if (expected > maxBytes) throw new TooManyBytes(maxBytes)
    if (expected > mostBytes) throw new StorageFull()
    const draft = cache.keeps ? await cache.draft(expected) : undefined
    const hash = createHash('sha256')
    let bytes = 0
    try {
      const copy = draft ? await open(draft, 'wx', 0o600) : undefined
      try {
        const counted = async function* () {
          for await (const chunk of source) {
            if (bytes + chunk.length > maxBytes) throw new TooManyBytes(maxBytes)
            hash.update(chunk)
            for (let n = 0; copy && n < chunk.length; )
              n += (await copy.write(chunk, n, chunk.length - n, bytes + n)).bytesWritten
            bytes += chunk.length
            yield chunk
            passed(chunk.length)
          }
        }
        const known = about && { mime: about.mime, metadata: { sha256: about.sha256.toString('hex') } }
        await send({ key, ...known }, counted(), maxBytes)
      } finally {
        await copy?.close()
      }
      if (draft) await cache.adopt(key, draft)
      else await cache.drop(key)
    } catch (error) {
      if (draft) await rm(draft, { force: true })
      throw error
    }
    return { bytes, sha256: hash.digest() }
  }

  const make: Storage['make'] = async (key, fill) => {
    checkedKey(key)
    const draft = await cache.draft()
    try {
      const told = await fill(draft)
      const { size } = await stat(draft)
      const hash = createHash('sha256')
      for await (const chunk of createReadStream(draft)) hash.update(chunk as Buffer)
      const target = { key, mime: told.mime, metadata: { sha256: hash.digest('hex') } }
      await send(target, createReadStream(draft), size)
      await cache.adopt(key, draft)
      return told
    } catch (error) {
      await rm(draft, { force: true })
      return asFull(error)
    }
  }

  const remove = async (key: string) => {
    await client.send(new sdk.DeleteObjectCommand(at(key))).catch((error: unknown) => {
      if (!isMissing(error)) throw asStorageError(error)
    })
    await cache.drop(key)
  }

  const listed = async function* (prefix: string, delimiter?: string) {
    let token: string | undefined
    do {
      const page = await client
        .send(
          new sdk.ListObjectsV2Command({
            Bucket: settings.bucket,
            Prefix: settings.prefix + prefix,
            ...(delimiter ? { Delimiter: delimiter } : {}),
            ...(token ? { ContinuationToken: token } : {}),
          }),
        )
        .catch((error: unknown) => {
          throw asStorageError(error)
        })
      for (const o of page.Contents ?? [])
        yield { key: o.Key!.slice(settings.prefix.length), bytes: o.Size ?? 0, at: o.LastModified?.getTime() ?? 0 }
      token = page.IsTruncated ? page.NextContinuationToken : undefined
    } while (token)
  }

  /** Uploads in parts that a process left unfinished when it died: they cost room and nobody sees them. */
  const endUploads = async (before: number): Promise<number> => {
    let gone = 0
    let marker: { KeyMarker?: string; UploadIdMarker?: string } = {}
    for (;;) {
      const page = await client.send(
        new sdk.ListMultipartUploadsCommand({ Bucket: settings.bucket, Prefix: settings.prefix, ...marker }),
      )
      for (const u of page.Uploads ?? []) {
        const key = u.Key ?? ''
        if (!ours.test(key.slice(settings.prefix.length)) || (u.Initiated?.getTime() ?? 0) > before) continue
        await client.send(
          new sdk.AbortMultipartUploadCommand({ Bucket: settings.bucket, Key: key, UploadId: u.UploadId }),
        )
        gone++
      }
      if (!page.IsTruncated) return gone
      marker = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
    }
  }

  return {
    put,
    putStream,
    make,
    remove,
    blob: async (key, hold, mime) => openAsBlob(await bring(key, hold), mime ? { type: mime } : {}),
    local: bring,
    read: async (key) => {
      const answer = await get(key)
      const chunks: Buffer[] = []
      for await (const chunk of bytesOf(key, answer, 0)) chunks.push(chunk)
      return Buffer.concat(chunks)
    },
    stream: async (key, range) => {
      const here = await holding(async (hold) => {
        const path = await cache.find(checkedKey(key), hold)
        // An open file outlives its name, so the hold is over once it is open.
        return path && open(path, 'r').catch(() => undefined)
      })
      if (here) return readStream(here, range)
      // Asked here, so that "not there" is told before anything is sent.
      const answer = await get(key, range)
      const body = answer.Body as Readable
      const out = Readable.from(bytesOf(key, answer, range?.from ?? 0, range?.to), { objectMode: false })
      // Whoever goes away before the first byte leaves a connection that nobody reads.
      return out.once('close', () => body.destroy())
    },
    size: (key) =>
      head(key).then(
        (about) => about.ContentLength,
        (error: unknown) => {
          if (isMissing(error)) return undefined
          throw asStorageError(error)
        },
      ),
    move: async (from, to, about) => {
      const { ContentLength = 0, ContentType, Metadata } = await head(from).catch(refused(from))
      const target = {
        key: checkedKey(to),
        mime: about?.mime ?? ContentType,
        metadata: about ? { sha256: about.sha256.toString('hex') } : Metadata,
      }
      await copyObject(s3, from, target, ContentLength).catch(refused(from))
      await cache.rename(from, to)
      await remove(from)
    },
    sweep: async (prefix, olderThanMs) => {
      // The server's own "now": its clock need not be ours.
      const mark = `${prefix}/sweep.mark`
      await put(mark, new Uint8Array())
      const found = []
      for await (const o of listed(`${checkedKey(prefix)}/`, '/')) found.push(o)
      const time = found.find((o) => o.key === mark)?.at ?? 0
      let gone = 0
      for (const o of found) {
        if (o.key === mark || time - o.at < olderThanMs) continue
        await remove(o.key)
        gone++
      }
      await remove(mark)
      await cache.forget(Math.max(olderThanMs, idleMs))
      return gone + (await endUploads(time - olderThanMs).catch(ended))
    },
    list: () => listed(''),
    link: async (key, { mime, forMs }) => {
      if (!links) return null
      const { getSignedUrl } = await import('@aws-sdk/s3-request-presigner')
      const from = Math.floor((now() + clockOffset(client)) / linkStepMs) * linkStepMs
      const command = new sdk.GetObjectCommand({
        ...at(key),
        ResponseContentType: mime,
        ResponseCacheControl: 'private, max-age=3600',
      })
      const signed = await getSignedUrl(client, command, {
        signingDate: new Date(from),
        expiresIn: Math.ceil((forMs + linkStepMs) / 1000),
      })
      if (!links.cdnUrl) return signed
      // The CDN's root is the bucket; it hands the query on to where the signature is checked.
      const { host, pathname, search } = new URL(signed)
      // The SDK leaves host names of buckets where they cannot work (an address of numbers, dots under TLS).
      const inPath = !host.startsWith(`${settings.bucket}.`)
      const path = inPath ? pathname.slice(settings.bucket.length + 1) : pathname
      return links.cdnUrl + path + search
    },
    handsOut: links?.reachable ?? false,
    trouble: async () => {
      const why = await whyNot(s3)
      return why && `S3: ${why.says}. ${why.fix}`
    },
  }
}

/** Some servers do not list unfinished uploads; they have rules of their own that end them. */
const ended = (error: unknown): number => {
  if ([400, 403, 405, 501].includes(statusOf(error))) return 0
  throw asStorageError(error)
}
