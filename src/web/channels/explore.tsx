import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { CircleCheck, FlaskConical, LoaderCircle } from 'lucide-react'
import { Button } from '#ui/button.tsx'
import { api } from '../api/client.ts'
import { channelsQuery, platformsQuery } from '../api/queries.ts'
import { useT } from '../i18n/index.ts'
import { Failed } from '../lib/query-state.tsx'
import { PlatformMark } from '../lib/registry.tsx'
import { say } from '../lib/toast.ts'
import { useSession } from '../shell/session.tsx'

/** One click connects a sandbox account on every network, through each network's own way; rows tick off as they arrive. */
export const Explore = ({ onDone }: { onDone?: () => void }) => {
  const t = useT()
  const { ws, me, can } = useSession()
  const client = useQueryClient()
  const platforms = useQuery(platformsQuery(ws.id))
  const channels = useQuery(channelsQuery(ws.id))
  const connect = useMutation({
    mutationFn: () => api('sandboxConnectAll', { params: { ws: ws.id } }),
    onSuccess: ({ items }) => {
      say(t('connect.done', { count: items.length }))
      onDone?.()
    },
    onSettled: () => client.invalidateQueries({ queryKey: [ws.id, 'channels'] }),
  })
  if (!me.sandbox || !can('admin')) return null
  const there = new Set(channels.data?.filter((c) => c.realm === 'sandbox').map((c) => c.platform))
  return (
    <section
      aria-label={t('explore.title')}
      className="rounded-xl border border-line bg-surface p-6 shadow-card sm:p-8"
    >
      <div className="flex flex-wrap items-start gap-5">
        <div aria-hidden className="grid size-12 place-items-center rounded-xl bg-accent-soft text-accent-ink">
          <FlaskConical className="size-6" />
        </div>
        <div className="min-w-0 flex-1 basis-64">
          <h2 className="text-lg font-semibold tracking-tight">{t('explore.title')}</h2>
          <p className="mt-1 max-w-prose text-muted">{t('explore.lead')}</p>
          <ul className="mt-4 flex flex-wrap gap-x-5 gap-y-2" aria-live="polite">
            {platforms.data?.map((p) => (
              <li key={p.id} className="flex items-center gap-2 text-sm">
                <PlatformMark id={p.id} />
                {p.name}
                {there.has(p.id) ? (
                  <>
                    <CircleCheck aria-hidden className="size-4 text-ok" />
                    <span className="sr-only">{t('explore.connected')}</span>
                  </>
                ) : connect.isPending ? (
                  <LoaderCircle aria-hidden className="size-4 animate-spin text-muted" />
                ) : null}
              </li>
            ))}
          </ul>
          <Button tone="primary" className="mt-5" busy={connect.isPending} onClick={() => connect.mutate()}>
            {connect.isPending ? t('explore.connecting') : t('explore.go')}
          </Button>
          {connect.isError ? (
            <div className="mt-4">
              <Failed error={connect.error} />
            </div>
          ) : null}
        </div>
      </div>
    </section>
  )
}
