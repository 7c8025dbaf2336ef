/** A post as it would go to one channel, as preflight sees it, and what preflight says of it. Pure. */

/** What a file says about itself beyond its size; a fact we could not read is absent. */
export type MediaFacts = {
  /** Of the whole file. */
  fps?: number
  /** `avc`, `hevc`, `vp9`, `av1`, ... */
  videoCodec?: string
  audioCodec?: string
  /** Bits a second on average. */
  videoBitrate?: number
  audioBitrate?: number
  audioChannels?: number
  /** Hz. */
  audioRate?: number
  chroma?: '4:0:0' | '4:2:0' | '4:2:2' | '4:4:4'
  /** The index of an MP4 or MOV stands before its pictures. */
  indexFirst?: boolean
  /** It has an edit list that leaves out or delays a part. */
  edited?: boolean
  /** Frames of an animated picture. */
  frames?: number
  /** Pages of a document. */
  pages?: number
  /** Facts that come from a part of the file: what a rule says of them is never more than a warning. */
  estimated?: readonly ('durationMs' | 'fps' | 'videoBitrate' | 'audioBitrate')[]
}

export type MediaKind = 'image' | 'video' | 'document'

export type DraftMedia = {
  id: string
  kind: MediaKind
  mime: string
  bytes: number
  width: number | null
  height: number | null
  durationMs: number | null
  alt: string
  facts?: MediaFacts
}

/** The length (ms) where it may be refused by: null when unknown, or known from a part of the file only. */
export const sureLength = (m: Pick<DraftMedia, 'durationMs' | 'facts'>): number | null =>
  m.facts?.estimated?.includes('durationMs') ? null : m.durationMs

export type DraftSegment = { text: string; media: readonly DraftMedia[] }

/** One post as it would go to one channel. */
export type Draft = {
  segments: readonly DraftSegment[]
  firstComment?: string
  /** Kinds of findings the person accepts: those that may be accepted warn then, instead of stopping the post. */
  accepts?: readonly string[]
  settings: unknown
  /** Media named by settings (`spec.settings.media`), by id; absent where the caller has none. */
  attachments?: Readonly<Record<string, DraftMedia>>
  /** What the network told us about the account (plan, limits); shape known to the platform only. */
  channel: { kind: string; facts: Record<string, unknown> }
}

export type Finding = {
  /** Stable id: `<platform>.<what>`, e.g. `bluesky.text.length`. */
  rule: string
  /** The rule's family: the key of its sentence in the UI catalogue (`preflight.<kind>`). */
  kind: string
  level: 'error' | 'warning'
  /** English; the UI catalogue translates by `kind` and `params`. */
  message: string
  remedy: string
  params: Record<string, string | number>
  /** A person may accept it (`content.accepts`), whereupon it only warns. */
  acceptable?: true
  segment?: number
  media?: string
}
