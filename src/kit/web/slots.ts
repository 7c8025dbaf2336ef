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

export type WebFace = PlatformPure & {
  /** Path data or full SVG markup of the icon as a React component; decorative, so hidden from readers. */
  Icon: ComponentType<{ className?: string }>
  /** Accent for dots and borders; must read on light and dark. */
  color: string
  Preview: ComponentType<PreviewProps>
  Settings?: ComponentType<SettingsProps>
}
