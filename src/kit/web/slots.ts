/** The browser face of a platform: how a post looks there, and its settings where a drawn form does not serve. */
import type { ComponentType } from 'react'
import type { MediaFacts, MediaKind, PlatformPure } from '#kit/facts/preflight.ts'

export type PreviewMedia = {
  id: string
  kind: MediaKind
  /** The picture, the video itself, or the document. */
  url: string
  /** A still of a video or the first page of a document; null: draw a neutral one. */
  posterUrl: string | null
  durationMs: number | null
  name: string
  facts?: MediaFacts
  alt: string
  width: number | null
  height: number | null
}

export type PreviewProps = {
  segments: readonly { text: string; media: readonly PreviewMedia[] }[]
  channel: { name: string; handle: string; avatarUrl: string | null }
  settings: Record<string, unknown>
  firstComment?: string
  /** Media the settings point at, by id. */
  attachments: Readonly<Record<string, PreviewMedia>>
  /** The platform's own words in the person's language, by key. */
  say: Say
  /** The due time, or now (ISO 8601 UTC). */
  at: string
}

/** A word of the platform by key, `{{param}}` filled in; the key itself when nobody wrote it. */
export type Say = (key: string, params?: Record<string, string | number>) => string

/** A choice among things on the network, as `GET .../channels/:id/options/:list` gives them. */
export type OptionItem = { value: string; label: string; hint?: string; imageUrl?: string; data?: unknown }
export type OptionList = {
  items: readonly OptionItem[]
  state: 'idle' | 'loading' | 'ready' | 'error'
  /** The sentence for the person when it could not be asked. */
  error: string | null
  reload: () => void
}

export type SettingsProps = {
  value: Record<string, unknown>
  onChange: (value: Record<string, unknown>) => void
  disabled: boolean
  /** `facts` are the channel's, with what the network said last (`Platform.account`). */
  channel: { id: string; kind: string; name: string; handle: string; facts: Record<string, unknown> }
  /** Text and media as they go to this channel. */
  segments: PreviewProps['segments']
  say: Say
  /** A hook: the platform's `options` list, loaded and kept; null as name asks nothing. */
  useOptions: (list: string | null, params?: Record<string, string>) => OptionList
  /** Picks or uploads one media item for a setting; gives its id. */
  MediaPicker: ComponentType<{
    label: string
    hint?: string
    kind: MediaKind
    value: string | undefined
    onChange: (id: string | undefined) => void
  }>
}

/**
 * The platform's own words, by key. Settings: `replies` names the field, `replies=nobody` a choice, `poll.options` a
 * field of a group. Findings of the platform's own rules: `preflight.<kind>` and `preflight.<kind>.fix`, with `{{param}}`;
 * English ones are in the rules themselves. Likewise `quota.<bucket>` and `cost.<kind>` where the spec's or the network's
 * English needs a translation. Connect form and credentials: `connect.<field>`, `connect.<field>.help`.
 */
export type Words = Readonly<Record<string, string>>

/** What only writing needs: counting, checks, preview, settings. Loaded when a composer opens. */
export type WebBody = PlatformPure & {
  Preview: ComponentType<PreviewProps>
  Settings?: ComponentType<SettingsProps>
  words: { en: Words; pl: Words }
}

/** What every screen shows of a platform, and the way to the rest. Keep it light: it is in the first load. */
export type WebFace = {
  spec: PlatformPure['spec']
  /** Path data or full SVG markup of the icon as a React component; decorative, so hidden from readers. */
  Icon: ComponentType<{ className?: string }>
  /** Accent for dots and borders; must read on light and dark. */
  color: string
  load: () => Promise<WebBody>
}
