import type { Channel } from '#contract/channels.ts'
import type { Cost } from '#kit/facts/preflight.ts'
import { language, useT } from '../i18n/index.ts'
import { useFormat } from '../lib/format.ts'
import { QuotaLine, telling } from '../lib/quotas.tsx'
import { PlatformMark, useBodies, useChannelName } from '../lib/registry.tsx'
import { attachedIds } from './attached.ts'
import { preflightDraft } from './draft.ts'
import { sayOf } from './say.ts'
import type { Composer } from './use-composer.ts'

/** What publishing costs on each channel, and what is left of the account's limits: seen before it is scheduled. */
export const Costs = ({ composer, channels }: { composer: Composer; channels: readonly Channel[] }) => {
  const t = useT()
  const format = useFormat()
  const bodies = useBodies()
  const nameOf = useChannelName(composer.channels)
  const rows = channels.flatMap((channel) => {
    const face = bodies.get(channel.platform)
    if (!face) return []
    const settings = composer.draft.channels.find((c) => c.channelId === channel.id)?.settings ?? {}
    const draft = preflightDraft(composer.draft, channel, composer.media, attachedIds(face, settings))
    const cost = face.cost?.(draft) ?? null
    const quotas = telling(composer.accounts[channel.id]?.quotas ?? [])
    return cost || quotas.length > 0 ? [{ channel, face, cost, quotas }] : []
  })
  if (rows.length === 0) return null
  const english = language() === 'en' ? undefined : 'en'
  return (
    <section aria-label={t('costs.title')} className="grid gap-3 rounded-xl border border-line bg-surface p-4 text-sm">
      <h2 className="text-sm font-semibold">{t('costs.title')}</h2>
      <ul className="grid gap-3">
        {rows.map(({ channel, face, cost, quotas }) => {
          const words = face.words[language()]
          const noteOf = (c: Cost) => {
            const key = `cost.${c.kind}`
            return words[key] ? (
              <span className="text-muted">{sayOf(words)(key, c.params)}</span>
            ) : (
              <span className="text-muted" lang={english}>
                {c.note}
              </span>
            )
          }
          return (
            <li key={channel.id} className="flex gap-2.5">
              <span className="mt-0.5 flex">
                <PlatformMark id={channel.platform} className="size-4" />
              </span>
              <div className="grid min-w-0 flex-1 gap-0.5">
                <p className="font-medium">{nameOf(channel)}</p>
                {cost ? (
                  <p>
                    <span className="font-medium tabular-nums">{format.money(cost.amount, cost.currency)}</span>{' '}
                    {noteOf(cost)}
                  </p>
                ) : null}
                {quotas.map((q) => (
                  <QuotaLine key={q.bucket} platform={channel.platform} quota={q} />
                ))}
              </div>
            </li>
          )
        })}
      </ul>
    </section>
  )
}
