import { CircleCheck, CircleDashed, CircleHelp, CircleX, LoaderCircle } from 'lucide-react'
import type { JournalEntry, PublicationDetail } from '#contract/posts.ts'
import { cn } from '#ui/cn.ts'
import { maybe, type T, useT } from '../i18n/index.ts'
import { type Format, useFormat } from '../lib/format.ts'
import { stepName } from '../lib/step-words.ts'
import type { Attempt } from './types.ts'

const icons = {
  planned: { Icon: CircleDashed, tone: 'text-muted' },
  begun: { Icon: LoaderCircle, tone: 'text-busy animate-spin' },
  done: { Icon: CircleCheck, tone: 'text-ok' },
  unknown: { Icon: CircleHelp, tone: 'text-warn' },
  refused: { Icon: CircleX, tone: 'text-danger' },
} as const

/** The steps of a publication, each with a sign and a word. */
export const Steps = ({ detail }: { detail: PublicationDetail }) => {
  const t = useT()
  const keys = detail.steps.map((s) => s.key)
  if (detail.steps.length === 0) return null
  return (
    <ol className="flex flex-wrap gap-x-5 gap-y-2" aria-label={t('post.steps')}>
      {detail.steps.map((step) => {
        // A scheduled publication with a step begun is being prepared.
        const stopped = step.state === 'begun' && !['publishing', 'scheduled'].includes(detail.state)
        const { Icon, tone } = icons[stopped ? 'unknown' : step.state]
        return (
          <li key={step.key} className="flex items-center gap-1.5 text-sm">
            <Icon aria-hidden className={cn('size-4', tone)} />
            {stepName(t, step.key, keys)}
            <span className="sr-only">: {t(`stepState.${step.state}`)}</span>
          </li>
        )
      })}
    </ol>
  )
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/**
 * One journal line as our sentence, and what the network said to it (English). What this build has no sentence for is
 * told by its own message, never hidden.
 */
export const sentence = (
  t: T,
  format: Format,
  entry: JournalEntry,
  attempts: readonly Attempt[],
  steps: readonly string[],
): { text: string; theirs: string } => {
  const step = entry.step ? stepName(t, entry.step, steps) : ''
  const nextAt = text(entry.data.nextAt)
  const params = {
    step,
    n: entry.attempt ?? 1,
    message: entry.message ?? '',
    when: nextAt ? format.exact(nextAt) : '',
  }
  const dueAt = text(entry.data.dueAt)
  if (dueAt) return { text: t('journal.scheduled.at', { at: format.dateTime(dueAt) }), theirs: '' }
  // A page loaded before an update may meet a word it does not know yet.
  const by = text(entry.data.by)
  const words = nextAt
    ? t('journal.waiting.until', params)
    : (by && maybe(t, `journal.${entry.event}.by`, { by })) || maybe(t, `journal.${entry.event}`, params)
  const failure = ['step-refused', 'step-unknown'].includes(entry.event)
    ? attempts.find((a) => a.number === entry.attempt)?.failure?.status
    : undefined
  const said = entry.message ?? text(entry.data.permalink)
  const message = words?.includes(said) ? '' : said
  return {
    text: words ?? entry.event,
    theirs: [message, failure === undefined ? '' : `(HTTP ${failure})`].filter(Boolean).join(' '),
  }
}

const Told = ({ text, theirs }: { text: string; theirs: string }) => (
  <>
    {text} {theirs ? <span lang="en">{theirs}</span> : null}
  </>
)

/** What happened, in order, in plain sentences with exact times. */
export const Story = ({ detail }: { detail: PublicationDetail }) => {
  const t = useT()
  const format = useFormat()
  const keys = detail.steps.map((s) => s.key)
  if (detail.journal.length === 0) return <p className="text-sm text-muted">{t('post.story.empty')}</p>
  return (
    <ol className="grid gap-1.5 border-l-2 border-line pl-4 text-sm" aria-label={t('post.story')}>
      {detail.journal.map((entry) => (
        <li key={entry.id} className="flex flex-wrap gap-x-3">
          <time dateTime={entry.at} className="shrink-0 text-muted tabular-nums">
            {format.exact(entry.at)}
          </time>
          <span className="min-w-0 flex-1 basis-52 break-words">
            <Told {...sentence(t, format, entry, detail.attempts, keys)} />
          </span>
        </li>
      ))}
    </ol>
  )
}
