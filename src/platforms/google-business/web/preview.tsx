import { PreviewAvatar, PreviewItem, pageLanguage } from '#kit/web/preview.tsx'
import type { PreviewProps, Say } from '#kit/web/slots.ts'
import { wallTime } from '../text.ts'

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Times are the place's own, so they are written as they stand: no zone is applied. */
const written = (wall: string, style: Intl.DateTimeFormatOptions): string | null => {
  const w = wallTime(wall)
  if (!w) return null
  const at = Date.UTC(w.date.year, w.date.month - 1, w.date.day, w.time.hours, w.time.minutes)
  return new Intl.DateTimeFormat(pageLanguage(), { ...style, timeZone: 'UTC' }).format(at)
}
const whole = { dateStyle: 'medium', timeStyle: 'short' } as const

/** `4 Dec 2026, 19:00 – 23:00`: the day is said once when it begins and ends on the same. */
const span = (start: string, end: string): string => {
  const sameDay = start.slice(0, 10) === end.slice(0, 10)
  return [written(start, whole), written(end, sameDay ? { timeStyle: 'short' } : whole)].filter(Boolean).join(' – ')
}

/** The days around it; an hour as Google shows it is too fine for a card that says "2 hours ago". */
const day = (at: string): string =>
  Number.isNaN(Date.parse(at))
    ? ''
    : new Intl.DateTimeFormat(pageLanguage(), { dateStyle: 'medium' }).format(Date.parse(at))

const Button = ({ settings, say }: { settings: PreviewProps['settings']; say: Say }) => {
  const action = textOf(settings.action)
  if (!action || settings.topic === 'OFFER') return null
  return (
    <span
      aria-hidden
      className="justify-self-start rounded-full bg-[#e8f0fe] px-4 py-2 font-medium text-[#1558d6] text-sm"
    >
      {say(`action=${action}`)}
    </span>
  )
}

const Offer = ({ settings, say }: { settings: PreviewProps['settings']; say: Say }) => {
  const { couponCode, redeemUrl, terms } = settings
  return (
    <div className="grid gap-2">
      {textOf(couponCode) ? (
        <p className="justify-self-start rounded-md border border-[#5f6368] border-dashed px-3 py-1 font-semibold tracking-wide">
          {textOf(couponCode)}
        </p>
      ) : null}
      {textOf(redeemUrl) ? <p className="font-medium text-[#1558d6] text-sm">{say('preview.redeem')}</p> : null}
      {textOf(terms) ? (
        <p className="break-words text-[#5f6368] text-xs">
          {say('terms')}: {textOf(terms)}
        </p>
      ) : null}
    </div>
  )
}

/** A local post as Search and Maps show it: place, picture, title and time of an event, text, button. */
export const Preview = ({ segments, channel, settings, say, at }: PreviewProps) => {
  const { text, media } = segments[0] ?? { text: '', media: [] }
  const topic = textOf(settings.topic) || 'STANDARD'
  const title = topic === 'STANDARD' ? '' : textOf(settings.eventTitle) || say('preview.untitled')
  const when = topic === 'STANDARD' ? '' : span(textOf(settings.start), textOf(settings.end))
  const repeat = topic === 'EVENT' ? textOf(settings.repeat) : ''
  return (
    <article className="mx-auto max-w-sm overflow-hidden rounded-xl border border-[#dadce0] bg-white text-[#202124] text-[15px]">
      <header className="flex items-center gap-3 px-4 py-3">
        <PreviewAvatar name={channel.name} src={channel.avatarUrl} />
        <span className="min-w-0">
          <span className="block truncate font-medium">{channel.name}</span>
          <span className="block truncate text-[#5f6368] text-xs">
            {[channel.handle.replace(/^@/, ''), day(at)].filter(Boolean).join(' · ')}
          </span>
        </span>
      </header>
      {media[0] ? (
        <div className="relative bg-[#f1f3f4]" style={{ aspectRatio: 4 / 3 }}>
          <PreviewItem item={media[0]} />
        </div>
      ) : null}
      <div className="grid gap-2 px-4 py-3">
        {title ? (
          <h3 className="break-words font-medium text-lg leading-tight">
            {topic === 'OFFER' ? (
              <span className="mr-2 rounded bg-[#e6f4ea] px-1.5 py-0.5 align-middle font-medium text-[#137333] text-xs">
                {say('topic=OFFER')}
              </span>
            ) : null}
            {title}
          </h3>
        ) : null}
        {when ? (
          <p className="text-[#5f6368] text-sm">
            {[when, repeat ? say(`repeat=${repeat}`) : ''].filter(Boolean).join(' · ')}
          </p>
        ) : null}
        {text ? <p className="whitespace-pre-wrap break-words leading-snug">{text}</p> : null}
        {topic === 'OFFER' ? <Offer settings={settings} say={say} /> : null}
        <Button settings={settings} say={say} />
      </div>
    </article>
  )
}
