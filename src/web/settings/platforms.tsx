import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { PlatformInfo } from '#contract/channels.ts'
import { Badge } from '#ui/badge.tsx'
import { Skeleton } from '#ui/bits.tsx'
import { Button } from '#ui/button.tsx'
import { Field, Input } from '#ui/field.tsx'
import { api } from '../api/client.ts'
import { platformsQuery } from '../api/queries.ts'
import { useT } from '../i18n/index.ts'
import { Markdown } from '../lib/markdown.tsx'
import { Failed, Loaded } from '../lib/query-state.tsx'
import { PlatformMark, usePlatformWords } from '../lib/registry.tsx'
import { say } from '../lib/toast.ts'
import { useSession } from '../shell/session.tsx'

const Credentials = ({ platform }: { platform: PlatformInfo }) => {
  const t = useT()
  const { ws } = useSession()
  const client = useQueryClient()
  const [values, setValues] = useState<Record<string, string>>({})
  const words = usePlatformWords(platform.id)
  const label = (f: (typeof platform.credentials)[number]) => words[`connect.${f.name}`] ?? f.label
  const save = useMutation({
    mutationFn: () => api('credentialsSet', { params: { ws: ws.id, platform: platform.id }, body: { values } }),
    onSuccess: () => {
      setValues({})
      say(t('platforms.saved', { platform: platform.name }))
    },
    onSettled: () => client.invalidateQueries({ queryKey: [ws.id, 'platforms'] }),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate()
  }
  return (
    <form onSubmit={submit} className="grid gap-4" aria-label={t('platforms.credentials', { platform: platform.name })}>
      {platform.credentials.map((f) => (
        <Field
          key={f.name}
          label={f.optional ? t('field.optional', { label: label(f) }) : label(f)}
          hint={words[`connect.${f.name}.help`] ?? f.help}
        >
          {(c) => (
            <Input
              {...c}
              type={f.secret ? 'password' : 'text'}
              autoComplete="off"
              required={!f.optional}
              placeholder={platform.credentialsSet && f.secret ? t('platforms.kept') : f.placeholder}
              value={values[f.name] ?? ''}
              onChange={(e) => setValues({ ...values, [f.name]: e.target.value })}
            />
          )}
        </Field>
      ))}
      {save.isError ? <Failed error={save.error} /> : null}
      <Button type="submit" tone="primary" busy={save.isPending} className="justify-self-start">
        {t('action.saveChanges')}
      </Button>
    </form>
  )
}

export const PlatformSettings = () => {
  const t = useT()
  const { ws, can } = useSession()
  const platforms = useQuery(platformsQuery(ws.id))
  return (
    <Loaded
      query={platforms}
      skeleton={
        <div className="grid gap-3">
          <Skeleton className="h-16 rounded-xl" />
          <Skeleton className="h-16 rounded-xl" />
          <Skeleton className="h-16 rounded-xl" />
        </div>
      }
    >
      {(list) => (
        <div className="grid grid-cols-1 gap-3">
          <p className="text-sm text-muted">{t('platforms.lead')}</p>
          {list.map((p) => (
            <details key={p.id} className="rounded-xl border border-line bg-surface shadow-card">
              <summary className="flex flex-wrap items-center gap-3 px-5 py-4 font-medium">
                <PlatformMark id={p.id} className="size-5" />
                <span className="flex-1">{p.name}</span>
                {p.credentials.length === 0 ? (
                  <Badge>{t('platforms.noneNeeded')}</Badge>
                ) : p.credentialsSet ? (
                  <Badge tone="ok">{t('platforms.set')}</Badge>
                ) : (
                  <Badge tone="warn">{t('platforms.notSet')}</Badge>
                )}
              </summary>
              <div className="grid grid-cols-1 gap-6 border-t border-line p-5">
                {p.credentials.length > 0 && can('owner') ? <Credentials platform={p} /> : null}
                {p.credentials.length > 0 && !can('owner') ? (
                  <p className="text-sm text-muted">{t('connect.credentials.owner')}</p>
                ) : null}
                {p.connect === 'redirect' ? (
                  <p className="text-sm text-muted">
                    {t('connect.redirectUri')}{' '}
                    <code className="rounded bg-sunken px-1 break-all text-ink">{p.redirectUri}</code>
                  </p>
                ) : null}
                <div lang="en">
                  <Markdown source={p.guide} />
                </div>
                <p className="text-xs text-muted">{t('platforms.verified', { date: p.verified })}</p>
              </div>
            </details>
          ))}
        </div>
      )}
    </Loaded>
  )
}
