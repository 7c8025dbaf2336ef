/** The browser face of a platform: how a post looks there, and its settings where a drawn form does not serve. */
import type { ComponentType } from 'react'
import type { PlatformPure } from '#kit/spec/preflight.ts'

export type PreviewMedia = {
  id: string
  kind: 'image' | 'video'
  url: string
  alt: string
  width: number | null
  height: number | null
}

export type PreviewProps = {
  segments: readonly { text: string; media: readonly PreviewMedia[] }[]
  channel: { name: string; handle: string; avatarUrl: string | null }
  settings: Record<string, unknown>
  /** The due time, or now (ISO 8601 UTC). */
  at: string
}

export type SettingsProps = {
  value: Record<string, unknown>
  onChange: (value: Record<string, unknown>) => void
  channel: { name: string; handle: string; facts: Record<string, unknown> }
}

/**
 * The platform's own words, by key. Settings: `replies` names the field, `replies=nobody` a choice, `poll.options` a
 * field of a group. Findings of the platform's own rules: `preflight.<kind>` and `preflight.<kind>.fix`, with `{{param}}`;
 * English ones are in the rules themselves. Connect form and credentials: `connect.<field>`, `connect.<field>.help`.
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
