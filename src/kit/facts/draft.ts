/** A post as it would go to one channel, as preflight sees it, and what preflight says of it. Pure. */

/** What a file says about itself beyond its size; a fact we could not read is absent. */
export type MediaFacts = {
  fps?: number
  /** `avc`, `hevc`, `vp9`, `av1`, ... */
  videoCodec?: string
  audioCodec?: string
  /** Pages of a document. */
  pages?: number
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

export type DraftSegment = { text: string; media: readonly DraftMedia[] }

/** One post as it would go to one channel. */
export type Draft = {
  segments: readonly DraftSegment[]
  firstComment?: string
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
  segment?: number
  media?: string
}
