import type { Channel } from '#contract/channels.ts'
import { useT } from '../i18n/index.ts'
import { useFormat } from '../lib/format.ts'
import { PlatformMark, useBodies } from '../lib/registry.tsx'
import { attachedIds } from './attached.ts'
import { preflightDraft } from './draft.ts'
import type { Composer } from './use-composer.ts'

/** What publishing costs on each channel, and what is left of the account's limits: seen before it is scheduled. */
export const Costs = ({ composer, channels }: { composer: Composer; channels: readonly Channel[] }) => {
  const t = useT()
  const format = useFormat()
  const bodies = useBodies()
  const rows = channels.flatMap((channel) => {
    const face = bodies.get(channel.platform)
    const settings = composer.draft.channels.find((c) => c.channelId === channel.id)?.settings ?? {}
    const draft = preflightDraft(composer.draft, channel, composer.media, attachedIds(face, settings))
    const cost = face?.cost?.(draft) ?? null
    const quotas = composer.accounts[channel.id]?.quotas ?? []
    return cost || quotas.length > 0 ? [{ channel, cost, quotas }] : []
  })
  if (rows.length === 0) return null
  return (
    <section aria-label={t('costs.title')} className="grid gap-2 rounded-xl border border-line bg-surface p-4 text-sm">
      <h2 className="text-sm font-semibold">{t('costs.title')}</h2>
      <ul className="grid gap-2">
        {rows.map(({ channel, cost, quotas }) => (
          <li key={channel.id} className="flex gap-2">
            <PlatformMark id={channel.platform} className="mt-0.5 size-4" />
            <div className="min-w-0 flex-1">
              {cost ? (
                <p>
                  <span className="font-medium tabular-nums">{format.money(cost.amount, cost.currency)}</span>{' '}
                  <span className="text-muted" lang="en">
                    {cost.note}
                  </span>
                </p>
              ) : null}
              {quotas.map((q) => (
                <p key={q.bucket} className={q.used >= q.cap ? 'text-danger' : ''}>
                  <span lang="en">{q.label}</span>:{' '}
                  <span className="tabular-nums">
                    {t('costs.quota', { used: format.number(q.used), cap: format.number(q.cap) })}
                  </span>
                  {q.resetsAt ? (
                    <span className="text-muted"> {t('costs.resets', { at: format.dateTime(q.resetsAt) })}</span>
                  ) : null}
                </p>
              ))}
            </div>
          </li>
        ))}
      </ul>
    </section>
  )
}
