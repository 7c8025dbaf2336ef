/** Settings of one channel: the platform's own component, or a form drawn from its schema. */
import { useQuery } from '@tanstack/react-query'
import { ChevronDown } from 'lucide-react'
import { createContext, useContext, useEffect, useRef, useState } from 'react'
import type { Channel } from '#contract/channels.ts'
import type { OptionList, SettingsProps, Words } from '#kit/web/slots.ts'
import { optionsQuery } from '../api/queries.ts'
import { tell, useT } from '../i18n/index.ts'
import { settingName, wantsChoice } from '../lib/finding-kinds.ts'
import { PlatformMark, useBodies, useWords } from '../lib/registry.tsx'
import { useSession } from '../shell/session.tsx'
import { setSettings } from './draft.ts'
import { MediaPicker } from './media-picker.tsx'
import { previewSegments } from './preview-media.ts'
import { sayOf } from './say.ts'
import { SettingsForm } from './settings-form.tsx'
import { shapeOf } from './settings-shape.ts'
import type { Composer } from './use-composer.ts'

/** Whose lists the form below asks for. */
const Scope = createContext({ ws: '', channelId: '' })

/** A list of things on the channel's network, asked when a form shows it; null asks nothing. */
const useChannelOptions: SettingsProps['useOptions'] = (list, params = {}): OptionList => {
  const t = useT()
  const { ws, channelId } = useContext(Scope)
  const query = useQuery({ ...optionsQuery(ws, channelId, list ?? '', params), enabled: list !== null })
  const told = query.isError ? tell(t, query.error) : null
  return {
    items: query.data ?? [],
    state: list === null ? 'idle' : query.isPending ? 'loading' : query.isError ? 'error' : 'ready',
    error: told ? (told.detail ?? told.title) : null,
    reload: () => void query.refetch(),
  }
}

/**
 * The control a finding is about, among a form drawn from a schema or by the platform itself: the one that carries the
 * setting's name. `about` ends in the setting's key (`settings.boardId`) or begins as it does (`board.required`, `boardId`).
 */
const settingFor = (form: HTMLElement, about: string, words: Words): HTMLElement | null => {
  const parts = about.split('.')
  const keys = [about, parts.slice(1).join('.'), parts.at(-1) ?? '', parts[0] ?? '']
  const alike = Object.keys(words).filter((key) => /^\w+$/.test(key) && key.startsWith(parts[0] ?? ''))
  const names = [...keys.map((key) => settingName(words, key)), ...alike.map((key) => words[key])]
  const labels = [...form.querySelectorAll<HTMLElement>('label, legend')]
  const label = names.flatMap((name) => (name && labels.find((l) => l.textContent?.trim() === name)) || [])[0]
  if (!label) return form.querySelector<HTMLElement>('[aria-invalid="true"]')
  const id = label.getAttribute('for')
  const inside = (label.matches('legend') ? label.parentElement : label)?.querySelector<HTMLElement>('input, button')
  return (id ? document.getElementById(id) : null) ?? inside ?? null
}

export const ChannelSettings = ({
  composer,
  channel,
  disabled,
  called,
}: {
  composer: Composer
  channel: Channel
  disabled: boolean
  /** Somebody was led here, and for what; a new one each time. */
  called: { about: string } | null
}) => {
  const t = useT()
  const { ws } = useSession()
  const face = useBodies().get(channel.platform)
  const words = useWords(channel.platform)
  // What must be chosen before it can be scheduled must not hide behind a closed lid; once open it stays so.
  const wanting = (composer.findings.get(channel.id) ?? []).some(wantsChoice)
  const [open, setOpen] = useState(wanting)
  const lid = useRef<HTMLDetailsElement>(null)
  useEffect(() => {
    if (wanting) setOpen(true)
  }, [wanting])
  // biome-ignore lint/correctness/useExhaustiveDependencies: led here once for each call
  useEffect(() => {
    if (!called) return
    setOpen(true)
    if (lid.current) lid.current.open = true
    const field = lid.current && settingFor(lid.current, called.about, words)
    lid.current?.scrollIntoView({ block: 'start' })
    ;(field ?? lid.current?.querySelector('summary'))?.focus({ preventScroll: true })
    field?.scrollIntoView({ block: 'nearest' })
  }, [called])
  if (!face) return null
  const value = composer.draft.channels.find((c) => c.channelId === channel.id)?.settings ?? {}
  const set = (settings: Record<string, unknown>) => composer.edit((d) => setSettings(d, channel.id, settings))
  const shape = face.Settings ? null : shapeOf(face.spec.settings.schema)
  if (!face.Settings && !shape) return null
  return (
    <details
      ref={lid}
      className="group scroll-mt-4 rounded-xl border border-line bg-surface"
      open={open}
      onToggle={(e) => setOpen(e.currentTarget.open)}
    >
      <summary className="flex items-center gap-2 px-4 py-3 text-sm font-medium">
        <PlatformMark id={channel.platform} />
        {t('composer.settings', { platform: face.spec.name })}
        <ChevronDown aria-hidden className="ml-auto size-4 text-muted transition-transform group-open:rotate-180" />
      </summary>
      <Scope.Provider value={{ ws: ws.id, channelId: channel.id }}>
        <div className="border-t border-line p-4">
          {face.Settings ? (
            <face.Settings
              value={value}
              onChange={set}
              disabled={disabled}
              channel={channel}
              segments={previewSegments(composer, channel.id)}
              say={sayOf(words)}
              useOptions={useChannelOptions}
              MediaPicker={MediaPicker}
            />
          ) : shape ? (
            <SettingsForm
              shape={shape}
              words={words}
              value={value}
              onChange={set}
              disabled={disabled}
              useOptions={useChannelOptions}
            />
          ) : null}
        </div>
      </Scope.Provider>
    </details>
  )
}
