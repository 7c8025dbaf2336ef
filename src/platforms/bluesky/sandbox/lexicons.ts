/** The lexicons the imitation knows, typed from the official ones (atproto @d6296a1) in the short form `validate.ts` reads. */
import { external, gates, images, labels, post, video } from './numbers.ts'

export type Schema =
  | { type: 'string'; maxLength?: number; maxGraphemes?: number; format?: Format }
  | { type: 'integer'; minimum?: number }
  | { type: 'boolean' }
  | { type: 'unknown' }
  | { type: 'array'; items: Schema; maxLength?: number }
  | { type: 'object'; required: readonly string[]; props: Record<string, Schema> }
  | { type: 'blob'; accept: string; maxSize: number }
  | { type: 'ref'; ref: string }
  | { type: 'union'; refs: readonly string[] }
export type Format =
  | 'datetime'
  | 'uri'
  | 'did'
  | 'at-uri'
  | 'cid'
  | 'language'
  | 'at-identifier'
  | 'nsid'
  | 'record-key'

const s = (format?: Format): Schema => ({ type: 'string', format })
const ref = (to: string): Schema => ({ type: 'ref', ref: to })
const object = (required: readonly string[], props: Record<string, Schema>): Schema => ({
  type: 'object',
  required,
  props,
})
const list = (items: Schema, maxLength?: number): Schema => ({ type: 'array', items, maxLength })
const picture: Schema = { type: 'blob', accept: 'image/*', maxSize: images.bytes }
const mediaRefs = ['app.bsky.embed.images', 'app.bsky.embed.video', 'app.bsky.embed.gallery', 'app.bsky.embed.external']

/** By reference: `nsid` for main, `nsid#name` for the others. */
export const lexicons: Record<string, Schema> = {
  'app.bsky.feed.post': object(['text', 'createdAt'], {
    text: { type: 'string', maxLength: post.bytes, maxGraphemes: post.graphemes },
    entities: list({ type: 'unknown' }),
    facets: list(ref('app.bsky.richtext.facet')),
    reply: ref('app.bsky.feed.post#replyRef'),
    embed: { type: 'union', refs: [...mediaRefs, 'app.bsky.embed.record', 'app.bsky.embed.recordWithMedia'] },
    langs: list(s('language'), post.langs),
    labels: { type: 'union', refs: ['com.atproto.label.defs#selfLabels'] },
    tags: list({ type: 'string', maxLength: post.tagBytes, maxGraphemes: post.tagGraphemes }, post.tags),
    createdAt: s('datetime'),
  }),
  'app.bsky.feed.post#replyRef': object(['root', 'parent'], {
    root: ref('com.atproto.repo.strongRef'),
    parent: ref('com.atproto.repo.strongRef'),
  }),
  'com.atproto.repo.strongRef': object(['uri', 'cid'], { uri: s('at-uri'), cid: s('cid') }),
  'app.bsky.richtext.facet': object(['index', 'features'], {
    index: ref('app.bsky.richtext.facet#byteSlice'),
    features: list({
      type: 'union',
      refs: ['app.bsky.richtext.facet#mention', 'app.bsky.richtext.facet#link', 'app.bsky.richtext.facet#tag'],
    }),
  }),
  'app.bsky.richtext.facet#byteSlice': object(['byteStart', 'byteEnd'], {
    byteStart: { type: 'integer', minimum: 0 },
    byteEnd: { type: 'integer', minimum: 0 },
  }),
  'app.bsky.richtext.facet#mention': object(['did'], { did: s('did') }),
  'app.bsky.richtext.facet#link': object(['uri'], { uri: s('uri') }),
  'app.bsky.richtext.facet#tag': object(['tag'], {
    tag: { type: 'string', maxLength: post.tagBytes, maxGraphemes: post.tagGraphemes },
  }),
  'app.bsky.embed.defs#aspectRatio': object(['width', 'height'], {
    width: { type: 'integer', minimum: 1 },
    height: { type: 'integer', minimum: 1 },
  }),
  'app.bsky.embed.images': object(['images'], { images: list(ref('app.bsky.embed.images#image'), images.max) }),
  'app.bsky.embed.images#image': object(['image', 'alt'], {
    image: picture,
    alt: s(),
    aspectRatio: ref('app.bsky.embed.defs#aspectRatio'),
  }),
  'app.bsky.embed.gallery': object(['items'], {
    items: list({ type: 'union', refs: ['app.bsky.embed.gallery#image'] }, images.galleryMax),
  }),
  'app.bsky.embed.gallery#image': object(['image', 'alt', 'aspectRatio'], {
    image: picture,
    alt: s(),
    aspectRatio: ref('app.bsky.embed.defs#aspectRatio'),
  }),
  'app.bsky.embed.external': object(['external'], { external: ref('app.bsky.embed.external#external') }),
  'app.bsky.embed.external#external': object(['uri', 'title', 'description'], {
    uri: s('uri'),
    title: s(),
    description: s(),
    thumb: { type: 'blob', accept: 'image/*', maxSize: external.thumbBytes },
    associatedRefs: list(ref('com.atproto.repo.strongRef')),
  }),
  'app.bsky.embed.record': object(['record'], { record: ref('com.atproto.repo.strongRef') }),
  'app.bsky.embed.recordWithMedia': object(['record', 'media'], {
    record: ref('app.bsky.embed.record'),
    media: { type: 'union', refs: mediaRefs },
  }),
  'app.bsky.embed.video': object(['video'], {
    video: { type: 'blob', accept: 'video/mp4', maxSize: video.bytes },
    captions: list(ref('app.bsky.embed.video#caption'), video.captions),
    alt: s(),
    aspectRatio: ref('app.bsky.embed.defs#aspectRatio'),
    presentation: s(),
  }),
  'app.bsky.embed.video#caption': object(['lang', 'file'], {
    lang: s('language'),
    file: { type: 'blob', accept: 'text/vtt', maxSize: video.captionBytes },
  }),
  'com.atproto.label.defs#selfLabels': object(['values'], {
    values: list(ref('com.atproto.label.defs#selfLabel'), labels.values),
  }),
  'com.atproto.label.defs#selfLabel': object(['val'], { val: { type: 'string', maxLength: labels.valueBytes } }),
  'app.bsky.feed.threadgate': object(['post', 'createdAt'], {
    post: s('at-uri'),
    allow: list(
      {
        type: 'union',
        refs: ['mentionRule', 'followerRule', 'followingRule', 'listRule'].map((r) => `app.bsky.feed.threadgate#${r}`),
      },
      gates.allow,
    ),
    createdAt: s('datetime'),
    hiddenReplies: list(s('at-uri'), gates.hidden),
  }),
  'app.bsky.feed.threadgate#mentionRule': object([], {}),
  'app.bsky.feed.threadgate#followerRule': object([], {}),
  'app.bsky.feed.threadgate#followingRule': object([], {}),
  'app.bsky.feed.threadgate#listRule': object(['list'], { list: s('at-uri') }),
  'app.bsky.feed.postgate': object(['post', 'createdAt'], {
    createdAt: s('datetime'),
    post: s('at-uri'),
    detachedEmbeddingUris: list(s('at-uri'), gates.detached),
    embeddingRules: list({ type: 'union', refs: ['app.bsky.feed.postgate#disableRule'] }, gates.embedding),
  }),
  'app.bsky.feed.postgate#disableRule': object([], {}),
}

/** Records with a schema; their key is a TID. */
export const collections: readonly string[] = [
  'app.bsky.feed.post',
  'app.bsky.feed.threadgate',
  'app.bsky.feed.postgate',
]

const write = {
  repo: s('at-identifier'),
  collection: s('nsid'),
  rkey: s('record-key'),
  validate: { type: 'boolean' } as const,
  swapCommit: s('cid'),
}

/** Inputs of the procedures. `swapRecord` may also be null, which `repo.ts` looks at itself. */
export const inputs: Record<string, Schema> = {
  createRecord: object(['repo', 'collection', 'record'], { ...write, record: { type: 'unknown' } }),
  putRecord: object(['repo', 'collection', 'rkey', 'record'], {
    ...write,
    record: { type: 'unknown' },
    swapRecord: s('cid'),
  }),
  deleteRecord: object(['repo', 'collection', 'rkey'], {
    repo: write.repo,
    collection: write.collection,
    rkey: write.rkey,
    swapRecord: s('cid'),
    swapCommit: s('cid'),
  }),
  applyWrites: object(['repo', 'writes'], {
    repo: write.repo,
    validate: write.validate,
    swapCommit: s('cid'),
    writes: list({
      type: 'union',
      refs: ['create', 'update', 'delete'].map((w) => `com.atproto.repo.applyWrites#${w}`),
    }),
  }),
  createSession: object(['identifier', 'password'], {
    identifier: s(),
    password: s(),
    authFactorToken: s(),
    allowTakendown: { type: 'boolean' },
  }),
  createAppPassword: object(['name'], { name: s(), privileged: { type: 'boolean' } }),
}
Object.assign(lexicons, {
  'com.atproto.repo.applyWrites#create': object(['collection', 'value'], {
    collection: s('nsid'),
    rkey: s('record-key'),
    value: { type: 'unknown' },
  }),
  'com.atproto.repo.applyWrites#update': object(['collection', 'rkey', 'value'], {
    collection: s('nsid'),
    rkey: s('record-key'),
    value: { type: 'unknown' },
  }),
  'com.atproto.repo.applyWrites#delete': object(['collection', 'rkey'], {
    collection: s('nsid'),
    rkey: s('record-key'),
  }),
} satisfies Record<string, Schema>)
