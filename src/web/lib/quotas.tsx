/** What is used of an account's limits, in the person's language. */
import type { ChannelAccount } from '#contract/channels.ts'
import { language, useT } from '../i18n/index.ts'
import { useFormat } from './format.ts'
import { useArrivingWords, useFace } from './registry.tsx'

type Quota = ChannelAccount['quotas'][number]

/** Rates of calls, known from answers, matter to a person once this share of them is used. */
const worthTelling = 0.5
/** Those a person should see. */
export const telling = (quotas: readonly Quota[]): Quota[] =>
  quotas.filter((q) => q.source !== 'headers' || (q.cap > 0 && q.used / q.cap >= worthTelling))

export const QuotaLine = ({ platform, quota: q }: { platform: string; quota: Quota }) => {
  const t = useT()
  const format = useFormat()
  const { words, coming } = useArrivingWords(platform)
  const said = words[`quota.${q.bucket}`]
  // A budget of money says what was spent; its cap is no limit of the network.
  const money = useFace(platform)?.spec.budgets?.find((b) => b.bucket === q.bucket)?.money
  // The English words would flash before those of the person's language.
  if (coming && language() !== 'en') return null
  return (
    <p className={q.used >= q.cap ? 'text-danger' : ''}>
      {said ?? <span lang={language() === 'en' ? undefined : 'en'}>{q.label}</span>}:{' '}
      <span className="tabular-nums">
        {money
          ? format.money(q.used / money.per, money.currency)
          : t('costs.quota', { used: format.number(q.used), cap: format.number(q.cap) })}
      </span>
      {q.resetsAt ? (
        <span className="text-muted"> {t('costs.resets', { at: format.dateTime(q.resetsAt) })}</span>
      ) : null}
    </p>
  )
}
