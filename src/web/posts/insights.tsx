/** Numbers of a published post: what the network reports, how it grew, and how people engaged. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { RefreshCw } from 'lucide-react'
import type { PublicationInsights } from '#contract/insights.ts'
import { type MetricName, metricNames } from '#kit/facts/metrics.ts'
import { Skeleton } from '#ui/bits.tsx'
import { Button } from '#ui/button.tsx'
import { api } from '../api/client.ts'
import { publicationInsightsQuery } from '../api/queries.ts'
import { language, useT } from '../i18n/index.ts'
import { useFormat } from '../lib/format.ts'
import { Loaded } from '../lib/query-state.tsx'
import { useArrivingWords } from '../lib/registry.tsx'
import { sayError } from '../lib/toast.ts'
import { useSession } from '../shell/session.tsx'

/** The line of one number over the looks there were; drawn only when there are two. Decorative: the numbers are in words. */
const Spark = ({ points }: { points: readonly number[] }) => {
  const most = Math.max(...points)
  if (points.length < 2 || most === 0) return <span className="block h-6" />
  const at = points.map((n, i) => `${(i / (points.length - 1)) * 100},${24 - (n / most) * 22}`).join(' ')
  return (
    <svg viewBox="0 0 100 26" preserveAspectRatio="none" aria-hidden="true" className="h-6 w-full text-accent">
      <polyline points={at} fill="none" stroke="currentColor" strokeWidth="1.5" vectorEffect="non-scaling-stroke" />
    </svg>
  )
}

const useNumber = () => {
  const t = useT()
  const format = useFormat()
  return (name: MetricName, value: number) =>
    name === 'watchTimeMs' ? t('insights.minutes', { n: format.number(value / 60_000) }) : format.number(value)
}

const Numbers = ({ insights }: { insights: PublicationInsights }) => {
  const t = useT()
  const format = useFormat()
  const number = useNumber()
  const { latest, series, engagement } = insights
  if (!latest) {
    // Read before, and forgotten since.
    const forgotten = insights.lookedAt && !insights.failure ? insights.keptMs : null
    return (
      <p className="text-sm text-muted">
        {forgotten
          ? t('insights.forgotten', { count: Math.round(forgotten / 86_400_000) })
          : insights.nextAt
            ? t('insights.soon', { when: format.dateTime(insights.nextAt) })
            : t('insights.none')}
        {forgotten && insights.nextAt ? ` · ${t('insights.next', { when: format.dateTime(insights.nextAt) })}` : ''}
      </p>
    )
  }
  const known = metricNames.filter((name) => latest.metrics[name] !== null)
  return (
    <>
      <dl className="grid grid-cols-2 gap-3 sm:grid-cols-4">
        {known.map((name) => (
          <div key={name} className="rounded-lg border border-line px-3 py-2">
            <dt className="text-xs text-muted">{t(`insights.${name}`)}</dt>
            <dd className="text-lg font-semibold tabular-nums">{number(name, latest.metrics[name] ?? 0)}</dd>
            <Spark points={series.flatMap((s) => s.metrics[name] ?? [])} />
          </div>
        ))}
        {engagement ? (
          <div className="rounded-lg border border-line px-3 py-2">
            <dt className="text-xs text-muted">{t('insights.engagement')}</dt>
            <dd className="text-lg font-semibold tabular-nums">{format.percent(engagement.rate)}</dd>
            <p className="text-xs text-muted">{t(`insights.per.${engagement.per}`)}</p>
            <Spark points={series.flatMap((s) => s.engagement?.rate ?? [])} />
          </div>
        ) : null}
      </dl>
      <p className="text-xs text-muted">
        {t('insights.asOf', { when: format.dateTime(latest.at) })}
        {insights.nextAt ? ` · ${t('insights.next', { when: format.dateTime(insights.nextAt) })}` : ''}
      </p>
    </>
  )
}

export const Insights = ({ publicationId, platform }: { publicationId: string; platform: string }) => {
  const t = useT()
  const { words, coming } = useArrivingWords(platform)
  const { ws, can } = useSession()
  const client = useQueryClient()
  const own = words['why.insights']
  const english = own || language() === 'en' ? undefined : 'en'
  const query = useQuery(publicationInsightsQuery(ws.id, publicationId))
  const now = useMutation({
    mutationFn: () => api('publicationInsightsNow', { params: { ws: ws.id, id: publicationId } }),
    onSuccess: (fresh) => client.setQueryData(publicationInsightsQuery(ws.id, publicationId).queryKey, fresh),
    onError: (e) => sayError(t, e),
  })
  return (
    <section aria-label={t('insights.title')} className="grid gap-3">
      <div className="flex items-center justify-between gap-3">
        <h4 className="text-sm font-semibold">{t('insights.title')}</h4>
        {can('editor') && query.data?.supported ? (
          <Button size="sm" tone="quiet" busy={now.isPending} onClick={() => now.mutate()}>
            <RefreshCw aria-hidden />
            {t('insights.now')}
          </Button>
        ) : null}
      </div>
      <Loaded query={query} skeleton={<Skeleton className="h-20 rounded-lg" />}>
        {(insights) =>
          insights.supported ? (
            <>
              <Numbers insights={insights} />
              {insights.failure ? (
                <p role="status" lang="en" className="text-sm text-warn">
                  {insights.failure}
                </p>
              ) : null}
            </>
          ) : (
            <p lang={english} className="text-sm text-muted">
              {own ?? (coming && language() !== 'en' ? '' : insights.why)}
            </p>
          )
        }
      </Loaded>
    </section>
  )
}
