/**
 * One post of every content type of a platform, as data: the demo, the contract suite and the crash matrix publish them.
 * `src/platforms/<id>/samples.ts` exports the list by default.
 */

/** A file to be made: a picture (PNG, JPEG or GIF), a real little MP4, a PDF. */
export type SampleMedia =
  | { kind: 'image'; width?: number; height?: number; type?: 'image/png' | 'image/jpeg' | 'image/gif'; alt?: string }
  | { kind: 'video'; width?: number; height?: number; ms?: number; alt?: string }
  | { kind: 'document'; pages?: number; alt?: string }

/** What a sample may ask before it is published. */
export type SampleHelp = {
  /** The first choice of the platform's `options` list. Raises when there is none. */
  first: (list: string, params?: Record<string, string>) => Promise<string>
  /** Uploads a file a setting points at (cover, thumbnail); gives its media id. */
  media: (file: SampleMedia) => Promise<string>
}

export type Sample = {
  /** The content type in the network's own word, unique in the list: `text`, `image`, `carousel`, `reel`, `story`. */
  type: string
  /** `text`: said after the marker the test puts in front; null: this type carries no text at all. */
  segments: readonly { text: string | null; media?: readonly SampleMedia[] }[]
  firstComment?: string
  settings?: Record<string, unknown> | ((help: SampleHelp) => Promise<Record<string, unknown>>)
  /** Kind of channel it needs (`organization`); absent = any. */
  channel?: string
  /** Entries of the ledger it makes. Default: one a segment and one for the first comment. */
  posts?: number
}
