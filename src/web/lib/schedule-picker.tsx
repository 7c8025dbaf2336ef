/** A day and a time in the workspace's zone, honest about nights when clocks change. Used by composer, calendar and post page. */
import type { ScheduleInput } from '#contract/posts.ts'
import { Button } from '#ui/button.tsx'
import { Field, Input } from '#ui/field.tsx'
import { Notice } from '#ui/notice.tsx'
import { useT } from '../i18n/index.ts'
import { useSession } from '../shell/session.tsx'
import { now, nowIso } from './clock.ts'
import { useFormat } from './format.ts'
import { dayAhead, type Fold, nextHour, readWall } from './time.ts'

export type When = { wall: string; fold: Fold }

/** What the server is sent; null while the time cannot be used (half typed, in a gap, or past). */
export const toSchedule = (when: When, timeZone: string): ScheduleInput | null => {
  const reading = readWall(when.wall, timeZone, when.fold)
  if (reading.kind === 'gap' || reading.kind === 'invalid' || Date.parse(reading.at) <= now()) return null
  return { wallTime: when.wall, timeZone, fold: when.fold }
}

export const SchedulePicker = ({ value, onChange }: { value: When; onChange: (when: When) => void }) => {
  const t = useT()
  const { ws } = useSession()
  const format = useFormat()
  const [day = '', time = ''] = value.wall.split('T')
  const reading = readWall(value.wall, ws.timeZone, value.fold)
  const past = (reading.kind === 'ok' || reading.kind === 'overlap') && Date.parse(reading.at) <= now()
  const set = (wall: string) => onChange({ ...value, wall })
  const morning = (days: number) => dayAhead(nowIso(), ws.timeZone, days, 9)
  const quick = [
    { label: t('when.nextHour'), wall: nextHour(nowIso(), ws.timeZone) },
    { label: t('when.tomorrow', { time: format.wall(morning(1)) }), wall: morning(1) },
    { label: t('when.nextWeek', { time: format.wall(morning(7)) }), wall: morning(7) },
  ]
  return (
    <div className="grid gap-4">
      <div className="grid grid-cols-2 gap-3">
        <Field label={t('when.day')}>
          {(c) => <Input {...c} type="date" value={day} onChange={(e) => set(`${e.target.value}T${time}`)} />}
        </Field>
        <Field label={t('when.time')}>
          {(c) => <Input {...c} type="time" value={time} onChange={(e) => set(`${day}T${e.target.value}`)} />}
        </Field>
      </div>
      <div className="flex flex-wrap gap-2">
        {quick.map((q) => (
          <Button key={q.label} size="sm" onClick={() => set(q.wall)}>
            {q.label}
          </Button>
        ))}
      </div>
      <div aria-live="polite" className="grid gap-3">
        {reading.kind === 'gap' ? (
          <Notice
            tone="warn"
            title={t('when.gap', { time: format.wall(value.wall) })}
            action={
              <Button size="sm" onClick={() => set(reading.suggestion)}>
                {t('when.gap.use', { time: format.wall(reading.suggestion) })}
              </Button>
            }
          >
            {t('when.gap.why')}
          </Notice>
        ) : null}
        {reading.kind === 'overlap' ? (
          <fieldset className="rounded-lg bg-info-soft px-4 py-3 text-sm">
            <legend className="sr-only">{t('when.overlap', { time: format.wall(value.wall) })}</legend>
            <p aria-hidden className="font-semibold text-info">
              {t('when.overlap', { time: format.wall(value.wall) })}
            </p>
            <div className="mt-2 flex flex-wrap gap-x-5 gap-y-1.5">
              {(['earlier', 'later'] as const).map((fold) => (
                <label key={fold} className="flex items-center gap-2">
                  <input
                    type="radio"
                    name="fold"
                    className="accent-accent"
                    checked={value.fold === fold}
                    onChange={() => onChange({ ...value, fold })}
                  />
                  {t(`when.fold.${fold}`, { offset: reading.offsets[fold] })}
                </label>
              ))}
            </div>
          </fieldset>
        ) : null}
        {past ? <Notice tone="warn">{t('when.past')}</Notice> : null}
        <p className="text-sm text-muted">
          {reading.kind === 'ok' || reading.kind === 'overlap'
            ? `${format.day(reading.at)}, ${format.time(reading.at)} · `
            : ''}
          {t('when.zone', { zone: ws.timeZone })}
        </p>
      </div>
    </div>
  )
}
