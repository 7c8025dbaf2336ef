/** Settings of one channel: the platform's own component, or a form drawn from its schema. */
import { useQuery } from '@tanstack/react-query'
import { ChevronDown } from 'lucide-react'
import { createContext, useContext, useEffect, useRef, useState } from 'react'
import type { Channel } from '#contract/channels.ts'
import type { OptionList, SettingsProps } from '#kit/web/slots.ts'
import { optionsQuery } from '../api/queries.ts'
import { tell, useT } from '../i18n/index.ts'
import { wantsChoice } from '../lib/findings.ts'
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

export const ChannelSettings = ({
  composer,
  channel,
  disabled,
  called,
}: {
  composer: Composer
  channel: Channel
  disabled: boolean
  /** Rises each time somebody is led here; 0: nobody was. */
  called: number
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
  useEffect(() => {
    if (called === 0) return
    setOpen(true)
    lid.current?.scrollIntoView({ block: 'start' })
    lid.current?.querySelector('summary')?.focus({ preventScroll: true })
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
