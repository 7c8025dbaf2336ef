import { useQuery } from '@tanstack/react-query'
import { Plus, Radio } from 'lucide-react'
import { useState } from 'react'
import { useSearchParams } from 'react-router'
import { Skeleton } from '#ui/bits.tsx'
import { Button } from '#ui/button.tsx'
import { Card, Empty } from '#ui/card.tsx'
import { channelsQuery, platformsQuery } from '../api/queries.ts'
import { useT } from '../i18n/index.ts'
import { Loaded } from '../lib/query-state.tsx'
import { Page } from '../shell/page.tsx'
import { useSession } from '../shell/session.tsx'
import { ChannelCard } from './channel-card.tsx'
import { ConnectDialog, type ConnectStart } from './connect-dialog.tsx'
import { Explore } from './explore.tsx'

export const ChannelsPage = () => {
  const t = useT()
  const { ws, can, me } = useSession()
  const [query, setQuery] = useSearchParams()
  const channels = useQuery(channelsQuery(ws.id))
  const platforms = useQuery(platformsQuery(ws.id))
  const flowId = query.get('flow')
  const [start, setStart] = useState<ConnectStart | null>(null)
  const shown: ConnectStart | null = start ?? (flowId ? { flowId } : null)
  const missing =
    platforms.data?.some((p) => !channels.data?.some((c) => c.platform === p.id && c.realm === 'sandbox')) ?? false
  const close = () => {
    setStart(null)
    if (flowId) setQuery({}, { replace: true })
  }
  return (
    <Page
      title={t('channels.title')}
      lead={t('channels.lead')}
      actions={
        can('admin') ? (
          <Button tone="primary" onClick={() => setStart({})}>
            <Plus aria-hidden />
            {t('channels.connect')}
          </Button>
        ) : null
      }
    >
      <Loaded
        query={channels}
        skeleton={
          <div className="grid grid-cols-1 gap-4 sm:grid-cols-2 md:grid-cols-1 lg:grid-cols-2 xl:grid-cols-3">
            {[0, 1, 2].map((n) => (
              <Skeleton key={n} className="h-48 rounded-xl" />
            ))}
          </div>
        }
      >
        {(list) => (
          <div className="grid grid-cols-1 gap-6">
            {list.length > 0 ? (
              <div className="grid grid-cols-1 gap-4 sm:grid-cols-2 md:grid-cols-1 lg:grid-cols-2 xl:grid-cols-3">
                {list.map((channel) => (
                  <ChannelCard
                    key={channel.id}
                    channel={channel}
                    reconnect={() =>
                      setStart({ platform: channel.platform, realm: channel.realm, channelId: channel.id })
                    }
                  />
                ))}
              </div>
            ) : null}
            {missing ? <Explore /> : null}
            {list.length === 0 && !(me.sandbox && can('admin')) ? (
              <Card>
                <Empty icon={<Radio />} title={t('channels.empty')}>
                  {t('channels.empty.lead')}
                </Empty>
              </Card>
            ) : null}
          </div>
        )}
      </Loaded>
      {shown ? <ConnectDialog key={shown.flowId ?? shown.channelId ?? 'new'} start={shown} onClose={close} /> : null}
    </Page>
  )
}
