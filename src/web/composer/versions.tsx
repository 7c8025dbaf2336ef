/** The versions of the text: one for all, and one for each channel that wants its own, with the channel's settings. */
import { Undo2 } from 'lucide-react'
import type { Channel } from '#contract/channels.ts'
import { Tab, TabList, TabPanel, Tabs } from '#ui/bits.tsx'
import { Button } from '#ui/button.tsx'
import { useT } from '../i18n/index.ts'
import { PlatformMark, useChannelName, useFaces } from '../lib/registry.tsx'
import { ChannelSettings } from './channel-settings.tsx'
import { customise, segmentsFor, shareText, type Target } from './draft.ts'
import { FirstComment } from './first-comment.tsx'
import { SegmentEditor } from './segment-editor.tsx'
import type { Composer } from './use-composer.ts'

/** Somebody asked for a channel's settings (`about`: for which, as the finding says); counted, so that asking again brings them up again. */
export type SettingsCall = { channelId: string; about: string; nth: number }

export const Versions = ({
  composer,
  tab,
  setTab,
  disabled,
  called,
}: {
  composer: Composer
  tab: string
  setTab: (tab: string) => void
  disabled: boolean
  called: SettingsCall | null
}) => {
  const t = useT()
  const faces = useFaces()
  const nameOf = useChannelName(composer.channels)
  const { draft, edit, chosen } = composer
  const sharing = chosen.filter((c) => draft.channels.find((x) => x.channelId === c.id)?.segments === null)
  const editor = (target: Target, channels: readonly Channel[]) => (
    <div className="grid grid-cols-1 gap-3">
      {segmentsFor(draft, target).map((segment, index) => (
        <SegmentEditor
          key={segment.key}
          composer={composer}
          target={target}
          segment={segment}
          index={index}
          channels={channels}
          disabled={disabled}
          focus={index > 0 && segment.text === ''}
        />
      ))}
      <FirstComment composer={composer} target={target} channels={channels} disabled={disabled} />
    </div>
  )
  return (
    <Tabs value={tab} onValueChange={setTab}>
      <TabList aria-label={t('composer.versions')}>
        <Tab value="shared">{t('composer.shared')}</Tab>
        {chosen.map((channel) => {
          const own = draft.channels.find((c) => c.channelId === channel.id)?.segments
          const errors = (composer.findings.get(channel.id) ?? []).some((f) => f.level === 'error')
          return (
            <Tab key={channel.id} value={channel.id}>
              <PlatformMark id={channel.platform} />
              {faces.get(channel.platform)?.spec.name ?? channel.platform}
              {chosen.some((c) => c.id !== channel.id && c.platform === channel.platform) ? ` · ${channel.name}` : null}
              {own ? (
                <span className="rounded bg-accent-soft px-1.5 text-xs text-accent-ink">{t('composer.own')}</span>
              ) : null}
              {errors ? (
                <span className="size-2 rounded-full bg-danger">
                  <span className="sr-only">{t('preflight.error')}</span>
                </span>
              ) : null}
            </Tab>
          )
        })}
      </TabList>
      <TabPanel value="shared" className="pt-4">
        {editor(null, sharing)}
      </TabPanel>
      {chosen.map((channel) => {
        const own = draft.channels.find((c) => c.channelId === channel.id)?.segments
        return (
          <TabPanel key={channel.id} value={channel.id} className="grid grid-cols-1 gap-4 pt-4">
            {own ? (
              <>
                {editor(channel.id, [channel])}
                <Button
                  tone="quiet"
                  size="sm"
                  className="justify-self-start"
                  disabled={disabled}
                  onClick={() => edit((d) => shareText(d, channel.id))}
                >
                  <Undo2 aria-hidden />
                  {t('composer.useShared')}
                </Button>
              </>
            ) : (
              <div className="flex flex-wrap items-center justify-between gap-3 rounded-xl border border-dashed border-line-strong px-4 py-4 text-sm">
                <p className="text-muted">{t('composer.sharesText', { name: nameOf(channel) })}</p>
                <Button size="sm" disabled={disabled} onClick={() => edit((d) => customise(d, channel.id))}>
                  {t('composer.customise')}
                </Button>
              </div>
            )}
            <ChannelSettings
              composer={composer}
              channel={channel}
              disabled={disabled}
              called={called?.channelId === channel.id ? called : null}
            />
          </TabPanel>
        )
      })}
    </Tabs>
  )
}
