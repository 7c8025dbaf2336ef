/**
 * Publishing on Bluesky: upload the pictures, look up mentions and the quote, then one keyed create per post.
 *
 * Exactly once: key (TID), `createdAt` and the whole record are stored before the call, and `putRecord` with
 * `swapRecord: null` creates only what is absent (fact sheet §4). Any doubt is settled by sending the same again or by
 * reading the key back. Who may reply is a second keyed record after the post; both may be repeated without harm, while
 * one applyWrites for the two would answer 500 to its own repetition.
 */
import {
  done,
  type Json,
  mediaAt,
  mediaIndices,
  namedBy,
  notYet,
  type Outcome,
  type StepMedia,
  step,
  steps,
} from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import {
  entryway,
  gateCollection,
  getRecord,
  homeOf,
  pdsOf,
  postCollection,
  putRecord,
  type Ref,
  resolveDid,
  resolveHandle,
  uploadBlob,
  uploadVideo,
  videoJob,
} from './api.ts'
import { commentRecord, gateRecord, type PreparedPost, postRecord, type Resolved } from './record.ts'
import type { Settings } from './spec.ts'
import { mentions } from './text.ts'
import { newTid } from './tid.ts'
import { isGone, type Posted, posted, type T, witness } from './witness.ts'

const home = homeOf
/** DID of a handle, or null when nobody has it: then the mention stays plain text. */
const didOf = async (t: T, handle: string): Promise<string | null> => {
  try {
    return await resolveHandle(t.http, home(t).pds, handle)
  } catch (error) {
    if (isGone(error)) return null
    throw error
  }
}

/** URI and CID of the quoted post, read where it lives. */
const resolveQuote = async (t: T, address: string): Promise<Ref> => {
  const parts = /^(?:at:\/\/|https:\/\/bsky\.app\/profile\/)([^/]+)\/(?:app\.bsky\.feed\.post|post)\/(.+)$/.exec(
    address,
  )
  const fail = (message: string) =>
    new PlatformFailure({ kind: 'refused-content', code: 'bluesky.quote-gone', message })
  if (!parts) throw fail('The quoted post is not an address Clarion knows.')
  const [, who, rkey] = parts
  const did = who!.startsWith('did:') ? who! : await didOf(t, who!)
  if (!did) throw fail(`The author of the quoted post (${who}) does not exist.`)
  const pds = did === t.channel.externalId ? home(t).pds : (pdsOf(await resolveDid(t.http, did)) ?? entryway)
  try {
    const { uri, cid } = await getRecord(t.http, pds, { repo: did, collection: postCollection, rkey: rkey! })
    return { uri, cid }
  } catch (error) {
    if (isGone(error)) throw fail('The quoted post does not exist any more.')
    throw error
  }
}

const resolved = (t: T): Resolved => t.done<Resolved>('prepare') ?? { dids: {}, quote: null }
const uploaded = (t: T) => (n: number) => t.done<{ blob: Json }>(`upload:${n}`) ?? { blob: null }
const earlier = (t: T, upTo: number): Ref[] =>
  t.segments.slice(0, upTo).map((_, i) => {
    const { uri, cid } = namedBy<Posted>(t, `create:${i}`)
    return { uri, cid }
  })
const texts = (t: Pick<T, 'segments' | 'firstComment'>) => [...t.segments.map((s) => s.text), t.firstComment ?? '']

/** Sends a prepared record; the same one again is a success. */
const put = async (t: T): Promise<Posted> => {
  const { rkey, record } = t.prepared as PreparedPost
  const ref = await putRecord(home(t), { repo: t.channel.externalId, collection: postCollection, rkey, record })
  return posted(t, rkey, ref)
}

/** Accounts on Bluesky's own servers have its video service; another server takes the file itself. */
const servedByBluesky = (pds: string) => /(^|\.)(bsky\.social|host\.bsky\.network)$/.test(new URL(pds).hostname)

/** The job runs on their side; every look reads how far it is. The same bytes again find the same job. */
const viaVideoService = async (t: T, media: StepMedia): Promise<Outcome> => {
  const began = (t.saved ?? undefined) as { job: string } | undefined
  const name = `${t.publicationId}-${t.index}.mp4`
  const job = began
    ? await videoJob(t.http, began.job)
    : await uploadVideo(home(t), t.channel.externalId, await media.blob(), name)
  if (job.blob) return done({ blob: job.blob as Json })
  if (job.state === 'JOB_STATE_FAILED') {
    const ours = /pds_upload|generic/.test(job.failureCode ?? '')
    // A job that failed stays failed: the next try hands the video over again.
    if (ours && began) await t.save(null)
    throw new PlatformFailure({
      kind: ours ? 'try-later' : 'refused-media',
      code: ours ? 'bluesky.video-service' : 'bluesky.video-refused',
      message: `Bluesky could not process the video${job.error || job.message ? `: ${job.error ?? job.message}` : ''}.`,
    })
  }
  if (!began) await t.save({ job: job.jobId })
  return notYet(3_000, 'Bluesky is processing the video')
}

/** Keys are drawn: two posts of one account in one millisecond may draw the same. */
const keyTaken = 'bluesky.key-taken'
const keyed = (t: T, record: PreparedPost['record']): Json => ({ rkey: newTid(t.now()), record })
const stamp = (t: T) => new Date(t.now()).toISOString()

export const publish = steps<Settings>(
  step('upload', { again: 'safe', each: 'media' }, async (t) => {
    const { media } = mediaAt(t, t.index)
    if (media.kind === 'video' && servedByBluesky(home(t).pds)) return viaVideoService(t, media)
    return done({ blob: await uploadBlob(home(t), await media.blob(), media.mime) })
  }),

  // All look-ups come before the first create: a bad quote must not leave half a thread behind.
  step(
    'prepare',
    {
      again: 'safe',
      when: (t) =>
        t.settings.quote !== undefined ||
        t.settings.linkCard?.thumb !== undefined ||
        texts(t).some((x) => mentions(x).length > 0),
    },
    async (t) => {
      const dids: Record<string, string | null> = {}
      for (const handle of new Set(texts(t).flatMap(mentions))) dids[handle] = await didOf(t, handle)
      const thumb = t.attachments[t.settings.linkCard?.thumb ?? '']
      return done({
        dids,
        quote: t.settings.quote ? await resolveQuote(t, t.settings.quote) : null,
        ...(thumb ? { thumb: await uploadBlob(home(t), await thumb.blob(), thumb.mime) } : {}),
      })
    },
  ),

  step(
    'create',
    {
      again: 'keyed',
      each: 'segment',
      prepare: (t) =>
        keyed(
          t,
          postRecord(t, t.index, {
            createdAt: stamp(t),
            resolved: resolved(t),
            upload: uploaded(t),
            before: earlier(t, t.index),
          }),
        ),
      keyTaken,
      witness,
    },
    async (t) => {
      try {
        return done(await put(t))
      } catch (error) {
        // Unused blobs are dropped after a while. The same bytes give the same blob, so the stored record stays right.
        if (error instanceof PlatformFailure && error.failure.code === 'bluesky.blob-gone')
          for (const n of mediaIndices(t, t.index)) {
            const { media } = mediaAt(t, n)
            await uploadBlob(home(t), await media.blob(), media.mime)
          }
        throw error
      }
    },
  ),

  step(
    'comment',
    {
      again: 'keyed',
      when: (t) => Boolean(t.firstComment?.trim()),
      prepare: (t) =>
        keyed(
          t,
          commentRecord(t.firstComment!.trim(), t.settings, {
            createdAt: stamp(t),
            resolved: resolved(t),
            before: earlier(t, t.segments.length),
          }),
        ),
      keyTaken,
      witness,
    },
    async (t) => done(await put(t)),
  ),

  step(
    'finish',
    { again: 'keyed', when: (t) => t.settings.replies !== 'everyone', prepare: (t) => stamp(t) },
    async (t) => {
      const root = namedBy<Posted>(t, 'create:0')
      const record = gateRecord(
        root.uri,
        t.settings.replies as Exclude<Settings['replies'], 'everyone'>,
        t.prepared as string,
      )
      await putRecord(home(t), { repo: t.channel.externalId, collection: gateCollection, rkey: root.rkey, record })
      return done({ gate: t.settings.replies })
    },
  ),
)
