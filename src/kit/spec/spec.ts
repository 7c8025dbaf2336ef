/**
 * What a platform IS, as data that runs in browser, server and sandbox tools alike. No I/O here.
 * A fact about a network is written once: here for the client, and again, independently, in its imitation.
 */
import type { z } from 'zod'

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
}

export type ImageLimits = {
  /** MIME types the network takes. Others are rendered to the first one. */
  types: readonly string[]
  maxBytes: number
  maxWidth?: number
  maxHeight?: number
  /** Longest allowed width + height (Telegram: 10,000). */
  maxSides?: number
  /** Width / height, inclusive. */
  aspect?: { min: number; max: number }
  altMax?: number
}

export type VideoLimits = {
  types: readonly string[]
  maxBytes: number
  minMs?: number
  maxMs?: number
  aspect?: { min: number; max: number }
}

export type MediaLimits = {
  /** Items one post may carry. */
  max: number
  /** Items one post must carry (Instagram, Pinterest: 1). */
  min?: number
  image?: ImageLimits
  video?: VideoLimits & { max?: number }
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

/** How a person connects: a redirect to a consent page, a form, or a code posted where only the owner can post. */
export type ConnectKind = 'redirect' | 'form' | 'code'

export type Pace = {
  /** Publications of this platform in flight at once, over all channels of this process. */
  concurrency: number
  /** Least gap between two publications of one channel when a backlog is worked off (ms). */
  backlogGapMs: number
}

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
  /** Words for what a channel is here: `profile`, `page`, `channel`, `group`. */
  channelKinds: readonly string[]
  text: TextLimits
  /** Posts in one thread, the first included; 1 = no threads. */
  thread: { max: number }
  media: MediaLimits
  settings: { version: number; schema: S }
  pace: Pace
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
  /** Day the facts were last checked against the fact sheet (YYYY-MM-DD). */
  verified: string
}

/** Keeps literal types while checking the shape. */
export const defineSpec = <S extends z.ZodType>(spec: PlatformSpec<S>): PlatformSpec<S> => spec

export type SettingsOf<P> = P extends PlatformSpec<infer S> ? z.output<S> : never
