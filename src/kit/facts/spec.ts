/**
 * What a platform IS, as data that runs in browser, server and sandbox tools alike. No I/O here.
 * A fact about a network is written once: here for the client, and again, independently, in its imitation.
 */

import type { z } from 'zod'
import { sentInstant } from '#contract/instant.ts'
import type { MediaFacts } from './draft.ts'

/** An instant in settings: any form of RFC 3339, kept as UTC. */
export { sentInstant }

/**
 * graphemes: user-perceived characters. utf16: JS string length. codepoints: Unicode scalars.
 * weighted: the platform's own count in `text.ts` (X). bytes: UTF-8.
 */
export type TextUnit = 'graphemes' | 'utf16' | 'codepoints' | 'weighted' | 'bytes'

export type TextLimits = {
  max: number
  unit: TextUnit
  /** A second limit in UTF-8 bytes, where the network has both (Bluesky: 300 graphemes AND 3,000 bytes). */
  maxBytes?: number
  /** A smaller limit when the post carries media (Telegram captions). */
  maxWithMedia?: number
  /** May a post have no text when it has media? */
  optionalWithMedia?: boolean
  /** May a post have neither text nor media, its substance being in the settings (a title, a link)? */
  optional?: boolean
}

/** Moving pictures a network shows moving; what is outside is shown as its first frame. Sides in pixels, inclusive. */
export type AnimationLimits = {
  types: readonly string[]
  maxBytes: number
  maxWidth?: number
  maxHeight?: number
  maxFrames?: number
  /** Width x height x frames. */
  maxPixels?: number
}

export type ImageLimits = {
  /** MIME types the network takes. Others are rendered to the first one. */
  types: readonly string[]
  maxBytes: number
  maxWidth?: number
  maxHeight?: number
  minWidth?: number
  minHeight?: number
  /** Longest allowed width + height (Telegram: 10,000). */
  maxSides?: number
  /** Width / height, inclusive. */
  aspect?: { min: number; max: number }
  altMax?: number
  /** Longest allowed shorter and longer side, whichever way the picture stands. */
  maxShort?: number
  maxLong?: number
  /** Below these sides the network takes it, and it looks bad. */
  advised?: { minWidth: number; minHeight: number }
  /** Absent: the network shows no picture moving. */
  animation?: AnimationLimits
}

export type VideoLimits = {
  types: readonly string[]
  maxBytes: number
  minMs?: number
  maxMs?: number
  minWidth?: number
  minHeight?: number
  maxWidth?: number
  maxHeight?: number
  /** Frames per second, inclusive. */
  minFps?: number
  maxFps?: number
  /** Codecs the network takes, as containers name them: `avc`, `hevc`, `vp9`, `av1`. */
  codecs?: readonly string[]
  /** Codecs of the sound: `aac`, `opus`. */
  audioCodecs?: readonly string[]
  /** Hz. */
  maxAudioRate?: number
  maxAudioChannels?: number
  /** Bits a second, on average. */
  maxBitrate?: number
  /** How colours may be sampled. */
  chroma?: readonly NonNullable<MediaFacts['chroma']>[]
  /** What the network asks for and often does without: only warned of. */
  advised?: {
    codecs?: readonly string[]
    audioCodecs?: readonly string[]
    /** The index before the pictures. */
    indexFirst?: true
    /** No edit lists. */
    uncut?: true
    /** The shape it shows whole, and its name (`9:16`). */
    aspect?: { value: number; name: string }
  }
  aspect?: { min: number; max: number }
}

/** A PDF or the like, shown as pages (LinkedIn documents, Telegram files). */
export type DocumentLimits = { types: readonly string[]; maxBytes: number; maxPages?: number }

export type MediaLimits = {
  /** Items one post may carry. */
  max: number
  /** Items one post must carry (Instagram, Pinterest: 1). */
  min?: number
  image?: ImageLimits
  video?: VideoLimits & { max?: number }
  document?: DocumentLimits
  /** The network fetches media from our public address, so that address must be reachable from the internet. */
  pull?: boolean
  /** It fetches only from an address that was proved to be ours, so never from a bucket or a CDN. */
  pullFrom?: 'own-address'
  /** `alone`: a video may not share a post with anything. `free`: any mix. */
  mix: 'alone' | 'free'
}

/** A form field an operator or user fills in. `secret` fields are sealed and never shown again. */
export type Field = {
  name: string
  label: string
  secret?: boolean
  optional?: boolean
  placeholder?: string
  help?: string
}

/** One of several ways to connect a platform (Instagram by Facebook Login or by Instagram Login). */
export type Way = {
  /** Handed to `begin` as `form.way`; the platform remembers it in the grant where refreshing differs. */
  id: string
  label: string
  help?: string
  connect: ConnectKind
  /** Fields asked before the redirect, or the form itself. */
  form?: readonly Field[]
  /** Names of the credentials this way needs; absent = all. */
  credentials?: readonly string[]
}

/** Calls that take from a budget: by method and address (host and path, without the query). */
export type Taker = {
  /** Absent: any. */
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Tested against `host/path`. */
  url: RegExp
  /** Default 1. 0: takes nothing that we could count, but waits while the network says that nothing is left. */
  units?: number
}

/** What of a publication is known without its files, to weigh it before it is due. */
export type Planned = {
  segments: number
  firstComment: boolean
  settings: Readonly<Record<string, unknown>>
}

/**
 * A budget of a network: YouTube's units, X's credits, a pace. A call that `takes` from it, or carries
 * `charge: { bucket, units }`, is refused with `too-fast` before it leaves when the budget is spent.
 */
export type Budget = {
  bucket: string
  label: string
  cap: number
  /** Most units that one call takes (default 1): a cap below it would keep that call waiting for ever. */
  largest?: number
  /** The units are money: one is `1 / per` of `currency` (ISO 4217). Shown as an amount, and the cap is only a ceiling for mistakes. */
  money?: { currency: string; per: number }
  /** Shared by all channels of the app credentials, or each channel's own. */
  scope: 'app' | 'channel'
  /**
   * `daily`: from midnight to midnight in that zone. `rolling`: any stretch of that length (ms), which Clarion keeps by
   * itself instead of meeting the network's 429; of an hour or less it is not shown to people.
   */
  window: { daily: string } | { rolling: number }
  /** Calls that take from it; those that only the caller can weigh carry a `charge` instead. */
  takes?: readonly Taker[]
  /**
   * The network's answers tell of it, as the bucket of that name in `usage`, and its word wins over our count. `alone`:
   * only the word counts, and nothing is written before a call; `cap` is what the documents say.
   */
  told?: 'too' | 'alone'
  /** Units a publication will take when it is due; absent: it is not foreseen. */
  plans?: (p: Planned) => number
  /** The credential field that holds a cap of the person's own, for apps that were granted more. */
  capField?: string
}

/** How a person connects: a redirect to a consent page, a form, or a code posted where only the owner can post. */
export type ConnectKind = 'redirect' | 'form' | 'code'

export type Pace = {
  /** Publications of this platform in flight at once, prepared ones included: over all channels of this process, with Redis of all workers. */
  concurrency: number
  /** Least gap between two publications of one channel when a backlog is worked off (ms). */
  backlogGapMs: number
}

/** Steps that may run ahead of the due time: none of them shows anything to anybody. */
export type AheadStep = 'prepare' | 'upload' | 'process'

export type PlatformSpec<S extends z.ZodType = z.ZodType> = {
  /** Folder name; the id in API and database. */
  id: string
  name: string
  /** Every https host the client calls; the imitation answers for the same ones. */
  hosts: readonly string[]
  connect: ConnectKind
  /** App-wide credentials from Settings -> Platforms or env `CLARION_<ID>_<FIELD>`; empty when none are needed. */
  credentials: readonly Field[]
  /** Fields of the connect form, for `form` and `code`. */
  connectForm?: readonly Field[]
  /** Several ways to connect; `connect` and `connectForm` then describe the first. */
  ways?: readonly Way[]
  /** Words for what a channel is here: `profile`, `page`, `channel`, `group`. */
  channelKinds: readonly string[]
  text: TextLimits
  /** Posts in one thread, the first included; 1 = no threads. */
  thread: { max: number }
  media: MediaLimits
  settings: {
    version: number
    schema: S
    /** Media a setting points at by id (cover, thumbnail, poster): frozen, rendered and handed to the steps like the rest. */
    media?: (settings: z.output<S>) => readonly Attachment[]
  }
  pace: Pace
  /**
   * How long the network keeps, unpublished, what each step before the create leaves there (ms). Named steps run ahead of
   * the due time, in the order of the plan, up to the first that is not named. Absent: nothing is sent ahead, as nothing
   * comes before the create, or its first call already makes the post.
   */
  ahead?: Partial<Record<AheadStep, number>>
  budgets?: readonly Budget[]
  can: {
    firstComment: boolean
    remove: boolean
    edit: boolean
    insights: boolean
    webhook: boolean
    /** Is there any way to look at the network after a lost answer? false -> `unconfirmed` is real. */
    readBack: boolean
  }
  /** Why a thing in `can` is false, where a person would ask. */
  why?: Partial<Record<'firstComment' | 'remove' | 'edit' | 'insights' | 'webhook' | 'readBack', string>>
  /**
   * Content types (as the samples name them) whose lost create the network lets nobody look up, with its reason: such a
   * publication may end `unconfirmed`, and a person is asked.
   */
  unknowable?: readonly { types: readonly string[]; why: string }[]
  /**
   * How long the network lets an app keep what it told of people's activity: numbers of posts and accounts, and what its
   * events said. `kinds`: of these channels only; absent: of all. Absent altogether: its documents name no limit.
   */
  keeps?: readonly { kinds?: readonly string[]; ms: number }[]
  /** Day the facts were last checked against the fact sheet (YYYY-MM-DD). */
  verified: string
}

/** A media item named by a setting. `limits` replaces the platform's image limits for its rendition. */
export type Attachment = { id: string; field: string; limits?: ImageLimits }

/** Keeps literal types while checking the shape. */
export const defineSpec = <S extends z.ZodType>(spec: PlatformSpec<S>): PlatformSpec<S> => spec

export type SettingsOf<P> = P extends PlatformSpec<infer S> ? z.output<S> : never
