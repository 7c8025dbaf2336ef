/**
 * com.atproto.repo: blobs and records (fact sheet bluesky.md §3, §4, §5), with the answers a PDS 0.5.35 was recorded
 * giving: putRecord with `swapRecord: null` creates once, createRecord on a taken key is a 500.
 */
import { json } from '#kit/sandbox/answer.ts'
import { isObject, type JsonObject, mimeOf } from '#kit/sandbox/body.ts'
import type { SandboxRequest, SandboxResponse, SandboxRoute } from '#kit/sandbox/imitation.ts'
import { ignoreMember } from '#kit/sandbox/notices.ts'
import { route } from '#kit/sandbox/route.ts'
import { sniff } from '#kit/sandbox/sniff.ts'
import { type Caller, fail, type Headers, input, spend, spendAny, writer } from './answers.ts'
import { blobCid, recordCid } from './cid.ts'
import { collections, lexicons } from './lexicons.ts'
import { repo as n, points } from './numbers.ts'
import { didDocument } from './session.ts'
import { type BskyWorld, find, type StoredRecord } from './state.ts'
import { tidAt } from './tid.ts'
import { isBlobRef, keyProblem, problemOf } from './validate.ts'

const POST = 'app.bsky.feed.post'
const uriOf = (did: string, collection: string, rkey: string) => `at://${did}/${collection}/${rkey}`
const nextTid = (world: BskyWorld) => tidAt(world.now(), world.state.step++)

const uploadBlob =
  (world: BskyWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = writer(world, req)
    const headers = spend(world, [{ name: 'blobs', who: c.account.did }])
    const declared = mimeOf(req)
    if (declared === '')
      return fail(400, 'InvalidRequest', 'Request encoding (Content-Type) required but not provided', headers)
    if (req.body.length > n.blobBytes) return fail(413, 'PayloadTooLarge', 'request entity too large', headers)
    if (req.body.length === 0)
      return fail(400, 'InvalidRequest', 'A request body is expected but none was provided', headers)
    const seen = sniff(req.body)
    const mime = seen.kind === 'other' && seen.mime === 'application/octet-stream' ? declared : seen.mime
    const cid = blobCid(req.body)
    const old = Object.hasOwn(world.state.blobs, cid)
      ? world.state.blobs[cid]!
      : { key: world.blobs.put(req.body, mime), mime, size: req.body.length, owners: [] }
    if (!old.owners.includes(c.account.did)) old.owners.push(c.account.did)
    world.state.blobs[cid] = old
    world.changed()
    return json(200, { blob: { $type: 'blob', ref: { $link: cid }, mimeType: old.mime, size: old.size } }, headers)
  }

/** The caller's own repo, named by DID or handle. */
const ownRepo = (world: BskyWorld, c: Caller, repo: unknown): string => {
  const a = find(world, String(repo))
  if (!a) return fail(403, 'AccountNotFound', 'Account not found')
  return a.did === c.account.did ? a.did : fail(401, 'AuthenticationRequired', 'Authentication Required')
}

const blobRefs = (value: unknown): { $link: string; mime: string; size: number }[] => {
  if (isBlobRef(value)) return [{ $link: value.ref.$link, mime: value.mimeType, size: value.size }]
  if (Array.isArray(value)) return value.flatMap(blobRefs)
  return isObject(value) ? Object.values(value).flatMap(blobRefs) : []
}

type Write = {
  action: 'create' | 'update' | 'delete'
  collection: string
  rkey: string
  value?: JsonObject
  cid?: string
  validation?: 'valid' | 'unknown'
}

/** A record ready to be written: type added, judged, its blobs looked up. */
const prepare = (
  world: BskyWorld,
  req: SandboxRequest,
  did: string,
  o: { collection: string; rkey: string; record: unknown; validate: unknown },
): Pick<Write, 'value' | 'cid' | 'validation'> => {
  const { collection, rkey } = o
  if (!isObject(o.record)) return fail(400, 'InvalidRequest', 'Expected object value type at $.record')
  const value: JsonObject = { ...o.record, $type: o.record.$type ?? collection }
  if (value.$type !== collection)
    return fail(400, 'InvalidRequest', `Invalid $type: expected ${collection}, got ${String(value.$type)}`)
  const known = collections.includes(collection)
  if (!known && o.validate === true) return fail(400, 'InvalidRequest', `Unknown lexicon type: ${collection}`)
  if (known && o.validate !== false) {
    const key = keyProblem(collection, rkey)
    if (key) return fail(400, 'InvalidRequest', key)
    const problem = problemOf(lexicons[collection]!, value, '$.record', (what) => ignoreMember(req, what))
    if (problem) return fail(400, 'InvalidRequest', `Invalid ${collection} record: ${problem}`)
  }
  for (const ref of blobRefs(value)) {
    const blob = Object.hasOwn(world.state.blobs, ref.$link) ? world.state.blobs[ref.$link] : undefined
    if (!blob?.owners.includes(did)) return fail(400, 'BlobNotFound', `Could not find blob: ${ref.$link}`)
    if (blob.mime !== ref.mime)
      return fail(
        400,
        'InvalidMimeType',
        `Referenced Mimetype does not match stored blob. Expected: ${blob.mime}, Got: ${ref.mime}`,
      )
    if (blob.size !== ref.size)
      return fail(
        400,
        'InvalidSize',
        `Referenced Size does not match stored blob. Expected: ${blob.size}, Got: ${ref.size}`,
      )
  }
  try {
    return { value, cid: recordCid(value), validation: known && o.validate !== false ? 'valid' : 'unknown' }
  } catch (error) {
    return fail(400, 'InvalidRequest', `Bad record: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** Writes all at once; every write was checked before. Gives the commit. */
const commit = (world: BskyWorld, did: string, writes: readonly Write[]): { cid: string; rev: string } => {
  const { state } = world
  for (const w of writes) {
    const uri = uriOf(did, w.collection, w.rkey)
    // What is shown has a record: a new one need not look through all there are.
    const shown = Object.hasOwn(state.records, uri)
      ? state.appeared.findLast((p) => p.uri === uri && !p.deleted)
      : undefined
    if (w.action === 'delete') {
      delete state.records[uri]
      if (shown) shown.deleted = true
      continue
    }
    state.records[uri] = { did, collection: w.collection, rkey: w.rkey, cid: w.cid!, value: w.value!, at: world.now() }
    if (w.collection !== POST) continue
    if (shown) shown.value = w.value!
    else state.appeared.push({ uri, did, value: w.value!, at: world.now(), deleted: false })
  }
  const rev = nextTid(world)
  world.changed()
  return { cid: recordCid({ did, rev, version: 3 }), rev }
}

const charge = (world: BskyWorld, did: string, writes: readonly Write['action'][]): Headers => {
  const cost = writes.reduce((sum, w) => sum + points[w], 0)
  return spend(world, [
    { name: 'all', who: 'ip' },
    { name: 'pointsHour', who: did, cost },
    { name: 'pointsDay', who: did, cost },
  ])
}

const internal = (headers: Headers) => fail(500, 'InternalServerError', 'Internal Server Error', headers)

const createRecord =
  (world: BskyWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = writer(world, req)
    const body = input(req, 'createRecord')
    const did = ownRepo(world, c, body.repo)
    const collection = String(body.collection)
    const rkey = typeof body.rkey === 'string' ? body.rkey : nextTid(world)
    const headers = charge(world, did, ['create'])
    const ready = prepare(world, req, did, { collection, rkey, record: body.record, validate: body.validate })
    const uri = uriOf(did, collection, rkey)
    if (Object.hasOwn(world.state.records, uri)) return internal(headers)
    const done = commit(world, did, [{ action: 'create', collection, rkey, ...ready }])
    return json(200, { uri, cid: ready.cid, commit: done, validationStatus: ready.validation }, headers)
  }

/** swapRecord: absent = whatever is there, null = nothing may be there, a CID = exactly that. */
const swapProblem = (current: StoredRecord | undefined, swap: unknown): boolean =>
  swap === undefined ? false : swap === null ? current !== undefined : current?.cid !== swap

const putRecord =
  (world: BskyWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = writer(world, req)
    const body = input(req, 'putRecord', ['swapRecord'])
    const did = ownRepo(world, c, body.repo)
    const collection = String(body.collection)
    const rkey = String(body.rkey)
    const headers = charge(world, did, ['update'])
    const ready = prepare(world, req, did, { collection, rkey, record: body.record, validate: body.validate })
    const uri = uriOf(did, collection, rkey)
    const current = Object.hasOwn(world.state.records, uri) ? world.state.records[uri] : undefined
    if (current && current.cid === ready.cid)
      return json(200, { uri, cid: ready.cid, validationStatus: ready.validation }, headers)
    if (swapProblem(current, body.swapRecord))
      return fail(400, 'InvalidSwap', `Record was at ${current?.cid ?? 'null'}`, headers)
    const done = commit(world, did, [{ action: current ? 'update' : 'create', collection, rkey, ...ready }])
    return json(200, { uri, cid: ready.cid, commit: done, validationStatus: ready.validation }, headers)
  }

const deleteRecord =
  (world: BskyWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = writer(world, req)
    const body = input(req, 'deleteRecord')
    const did = ownRepo(world, c, body.repo)
    const headers = charge(world, did, ['delete'])
    const collection = String(body.collection)
    const rkey = String(body.rkey)
    const uri = uriOf(did, collection, rkey)
    const current = Object.hasOwn(world.state.records, uri) ? world.state.records[uri] : undefined
    if (!current) return json(200, {}, headers)
    if (swapProblem(current, body.swapRecord)) return fail(400, 'InvalidSwap', `Record was at ${current.cid}`, headers)
    return json(200, { commit: commit(world, did, [{ action: 'delete', collection, rkey }]) }, headers)
  }

const applyWrites =
  (world: BskyWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const c = writer(world, req)
    const body = input(req, 'applyWrites')
    const did = ownRepo(world, c, body.repo)
    const list = body.writes as JsonObject[]
    if (list.length > n.applyWrites) return fail(400, 'InvalidRequest', `Too many writes. Max: ${n.applyWrites}`)
    const writes = list.map((w): Write => {
      const action = String(w.$type).split('#')[1] as Write['action']
      const collection = String(w.collection)
      const rkey = typeof w.rkey === 'string' ? w.rkey : nextTid(world)
      return {
        action,
        collection,
        rkey,
        ...(action === 'delete'
          ? {}
          : prepare(world, req, did, { collection, rkey, record: w.value, validate: body.validate })),
      }
    })
    const headers = charge(
      world,
      did,
      writes.map((w) => w.action),
    )
    const uris = writes.map((w) => uriOf(did, w.collection, w.rkey))
    const clash = writes.some(
      (w, i) =>
        (w.action === 'create') === Object.hasOwn(world.state.records, uris[i]!) || uris.indexOf(uris[i]!) !== i,
    )
    if (clash) return internal(headers)
    const done = commit(world, did, writes)
    const results = writes.map((w, i) => ({
      $type: `com.atproto.repo.applyWrites#${w.action}Result`,
      ...(w.action === 'delete' ? {} : { uri: uris[i], cid: w.cid, validationStatus: w.validation }),
    }))
    return json(200, { commit: done, results }, headers)
  }

const shown = (r: StoredRecord) => ({ uri: uriOf(r.did, r.collection, r.rkey), cid: r.cid, value: r.value })

const repoOf = (world: BskyWorld, req: SandboxRequest, headers: Headers) =>
  find(world, req.query.get('repo') ?? '') ??
  fail(400, 'InvalidRequest', `Could not find repo: ${req.query.get('repo')}`, headers)

const getRecord =
  (world: BskyWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const headers = spendAny(world)
    const a = repoOf(world, req, headers)
    const uri = uriOf(a.did, req.query.get('collection') ?? '', req.query.get('rkey') ?? '')
    const r = Object.hasOwn(world.state.records, uri) ? world.state.records[uri]! : undefined
    const cid = req.query.get('cid')
    if (!r || (cid !== null && cid !== r.cid))
      return fail(400, 'RecordNotFound', `Could not locate record: ${uri}`, headers)
    return json(200, shown(r), headers)
  }

const listRecords =
  (world: BskyWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const headers = spendAny(world)
    const a = repoOf(world, req, headers)
    const limit = Number(req.query.get('limit') ?? n.listDefault)
    if (!Number.isInteger(limit) || limit < 1 || limit > n.listMax)
      return fail(
        400,
        'InvalidRequest',
        `integer too ${limit > n.listMax ? 'big' : 'small'} (got ${req.query.get('limit')}) at $.limit`,
        headers,
      )
    const forward = req.query.get('reverse') === 'true'
    const cursor = req.query.get('cursor')
    const all = Object.values(world.state.records)
      .filter(
        (r) =>
          r.did === a.did &&
          r.collection === req.query.get('collection') &&
          (cursor === null || (forward ? r.rkey > cursor : r.rkey < cursor)),
      )
      .sort((x, y) => (x.rkey < y.rkey ? -1 : 1) * (forward ? 1 : -1))
    const page = all.slice(0, limit)
    return json(
      200,
      { records: page.map(shown), ...(all.length > limit ? { cursor: page.at(-1)!.rkey } : {}) },
      headers,
    )
  }

const describeRepo =
  (world: BskyWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const headers = spendAny(world)
    const a = repoOf(world, req, headers)
    const own = [
      ...new Set(
        Object.values(world.state.records)
          .filter((r) => r.did === a.did)
          .map((r) => r.collection),
      ),
    ].sort()
    return json(
      200,
      { handle: a.handle, did: a.did, didDoc: didDocument(a), collections: own, handleIsCorrect: true },
      headers,
    )
  }

const getBlob =
  (world: BskyWorld) =>
  (req: SandboxRequest): SandboxResponse => {
    const headers = spendAny(world)
    const cid = req.query.get('cid') ?? ''
    const used = Object.values(world.state.records).some(
      (r) => r.did === req.query.get('did') && blobRefs(r.value).some((b) => b.$link === cid),
    )
    const blob =
      used && Object.hasOwn(world.state.blobs, cid) ? world.blobs.get(world.state.blobs[cid]!.key) : undefined
    if (!blob) return fail(400, 'InvalidRequest', 'Blob not found', headers)
    return {
      status: 200,
      bytes: blob.bytes,
      headers: { ...headers, 'content-type': blob.mime, 'content-security-policy': "default-src 'none'; sandbox" },
    }
  }

export const repoRoutes = (world: BskyWorld): SandboxRoute[] => [
  route('upload', 'POST bsky.social/xrpc/com.atproto.repo.uploadBlob', uploadBlob(world), { writes: true }),
  route('create', 'POST bsky.social/xrpc/com.atproto.repo.putRecord', putRecord(world), { writes: true }),
  route('create', 'POST bsky.social/xrpc/com.atproto.repo.createRecord', createRecord(world), { writes: true }),
  route('create', 'POST bsky.social/xrpc/com.atproto.repo.applyWrites', applyWrites(world), { writes: true }),
  route('delete', 'POST bsky.social/xrpc/com.atproto.repo.deleteRecord', deleteRecord(world), { writes: true }),
  route('record', 'GET bsky.social/xrpc/com.atproto.repo.getRecord', getRecord(world)),
  route('records', 'GET bsky.social/xrpc/com.atproto.repo.listRecords', listRecords(world)),
  route('describe-repo', 'GET bsky.social/xrpc/com.atproto.repo.describeRepo', describeRepo(world)),
  route('blob', 'GET bsky.social/xrpc/com.atproto.sync.getBlob', getBlob(world)),
]
