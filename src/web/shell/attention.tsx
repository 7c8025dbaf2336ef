import { useQuery } from '@tanstack/react-query'
import { Bell, CircleAlert, TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import { Link } from 'react-router'
import type { Attention, Remedy } from '#contract/attention.ts'
import { Button } from '#ui/button.tsx'
import { Dialog } from '#ui/dialog.tsx'
import { openItemsQuery } from '../api/queries.ts'
import { useT } from '../i18n/index.ts'
import { reasonText } from '../lib/findings.ts'
import { useFormat } from '../lib/format.ts'
import { useFace } from '../lib/registry.tsx'
import { useSession } from './session.tsx'

type Item = Attention['items'][number]

/** Where a person does what ends it. Room on a disk is made outside of Clarion, and the words beside it say so. */
const placeOf = {
  settle: (i) => `/posts/${i.postId}`,
  retry: (i) => `/posts/${i.postId}`,
  decide: (i) => `/posts/${i.postId}`,
  replan: (i) => `/posts/${i.postId}`,
  mend: (i) => `/compose/${i.postId}`,
  reconnect: () => '/channels',
  'work-off': () => '/posts',
  move: () => '/calendar',
} satisfies Record<Exclude<Remedy, 'free-space'>, (item: Item) => string>

/** What is said beside the kind: our own words where there are some, else the network's. */
const useWhy = (item: Item): string | null => {
  const t = useT()
  const format = useFormat()
  const face = useFace(item.platform ?? '')
  switch (item.kind) {
    case 'disk-nearly-full':
      return t('attention.why.disk', { place: item.place ?? '', free: format.bytes(item.freeBytes ?? 0) })
    case 'channel-dying':
      return t('attention.why.dying', { at: item.until ? format.dateTime(item.until) : '' })
    case 'backlog':
      return t('attention.why.backlog')
    default:
      return reasonText(t, item.reason, face?.spec.name ?? item.platform ?? '') ?? item.message
  }
}

const Row = ({ item, onGo }: { item: Item; onGo: () => void }) => {
  const t = useT()
  const format = useFormat()
  const why = useWhy(item)
  const danger = item.severity === 'danger'
  const Icon = danger ? CircleAlert : TriangleAlert
  return (
    <li data-attention={item.kind} className="flex flex-wrap items-start gap-x-3 gap-y-2 py-3">
      <Icon
        aria-hidden
        className={danger ? 'mt-0.5 size-4 shrink-0 text-danger' : 'mt-0.5 size-4 shrink-0 text-warn'}
      />
      <div className="min-w-0 flex-1 basis-48 text-sm">
        <p className="font-semibold">{t(`attention.kind.${item.kind}`)}</p>
        {item.excerpt || item.channel ? (
          <p className="break-words text-muted">{[item.excerpt, item.channel].filter(Boolean).join(' · ')}</p>
        ) : null}
        {why ? <p className="break-words">{why}</p> : null}
        {item.holds > 0 ? <p>{t('attention.holds', { count: item.holds })}</p> : null}
        <p className="text-xs text-muted">{t('attention.since', { at: format.dateTime(item.openedAt) })}</p>
      </div>
      {item.remedy !== 'free-space' ? (
        <Button asChild size="sm">
          <Link to={placeOf[item.remedy](item)} onClick={onGo}>
            {t(`attention.do.${item.remedy}`)}
          </Link>
        </Button>
      ) : null}
    </li>
  )
}

/** The bell: how much needs a person, and the list of it, each with its remedy. */
export const AttentionBell = () => {
  const t = useT()
  const { ws } = useSession()
  const [open, setOpen] = useState(false)
  const { data } = useQuery(openItemsQuery(ws.id))
  const count = data?.count ?? 0
  const close = () => setOpen(false)
  return (
    <>
      <Button
        tone="quiet"
        size="icon"
        className="relative"
        aria-label={count > 0 ? t('attention.bell', { count }) : t('attention.bell.quiet')}
        onClick={() => setOpen(true)}
      >
        <Bell aria-hidden />
        {count > 0 ? (
          <span
            aria-hidden
            className="absolute top-0.5 right-0 grid h-4.5 min-w-4.5 place-items-center rounded-full bg-danger px-1 text-[0.6875rem] font-semibold text-surface tabular-nums"
          >
            {count > 99 ? '99+' : count}
          </span>
        ) : null}
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title={t('attention.title')}
        description={count > 0 ? t('attention.lead') : t('attention.none')}
        closeLabel={t('action.close')}
        wide
      >
        {data && count > 0 ? (
          <>
            <ul className="divide-y divide-line">
              {data.items.map((item) => (
                <Row key={item.id} item={item} onGo={close} />
              ))}
            </ul>
            {data.items.length < count ? (
              <p className="text-sm text-muted">{t('attention.more', { shown: data.items.length, count })}</p>
            ) : null}
          </>
        ) : null}
      </Dialog>
    </>
  )
}
