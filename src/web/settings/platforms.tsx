import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { ChevronDown } from 'lucide-react'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { useSearchParams } from 'react-router'
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
import { ConsoleValues } from './console-values.tsx'

/** Can somebody connect, in at least one way? */
const ready = (p: PlatformInfo) => (p.ways.length > 0 ? p.ways.some((w) => w.credentialsSet) : p.credentialsSet)

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
              placeholder={ready(platform) && f.secret ? t('platforms.kept') : f.placeholder}
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

/** Each way with whether its app credentials are there. */
const WayStates = ({ platform }: { platform: PlatformInfo }) => {
  const t = useT()
  const words = usePlatformWords(platform.id)
  if (platform.ways.length < 2) return null
  return (
    <section aria-label={t('platforms.ways')} className="grid grid-cols-1 gap-2">
      <h3 className="text-sm font-semibold">{t('platforms.ways')}</h3>
      <ul className="grid grid-cols-1 gap-2">
        {platform.ways.map((w) => (
          <li key={w.id} className="flex items-start justify-between gap-3 text-sm">
            <span className="min-w-0">
              <span className="font-medium">{words[`way.${w.id}`] ?? w.label}</span>{' '}
              <span className="text-muted">{words[`way.${w.id}.help`] ?? w.help}</span>
            </span>
            <Badge tone={w.credentialsSet ? 'ok' : 'warn'}>
              {t(w.credentialsSet ? 'platforms.set' : 'platforms.notSet')}
            </Badge>
          </li>
        ))}
      </ul>
    </section>
  )
}

const PlatformRow = ({ platform: p, asked }: { platform: PlatformInfo; asked: boolean }) => {
  const t = useT()
  const { can } = useSession()
  const row = useRef<HTMLDetailsElement>(null)
  useEffect(() => {
    if (asked) row.current?.scrollIntoView({ block: 'start' })
  }, [asked])
  return (
    // One at a time: twelve open ones would be a very long page.
    <details
      ref={row}
      name="platform"
      open={asked}
      className="group scroll-mt-4 rounded-xl border border-line bg-surface shadow-card"
    >
      <summary className="flex items-center gap-2 px-4 py-4 font-medium sm:gap-3 sm:px-5">
        <PlatformMark id={p.id} className="size-5" />
        <span className="min-w-0 flex-1">{p.name}</span>
        {p.credentials.length === 0 ? (
          <Badge>{t('platforms.noneNeeded')}</Badge>
        ) : ready(p) ? (
          <Badge tone="ok">{t('platforms.set')}</Badge>
        ) : (
          <Badge tone="warn">{t('platforms.notSet')}</Badge>
        )}
        <ChevronDown aria-hidden className="size-4 shrink-0 text-muted transition-transform group-open:rotate-180" />
      </summary>
      <div className="grid grid-cols-1 gap-6 border-t border-line p-5">
        <WayStates platform={p} />
        {p.credentials.length > 0 && can('owner') ? <Credentials platform={p} /> : null}
        {p.credentials.length > 0 && !can('owner') ? (
          <p className="text-sm text-muted">{t('connect.credentials.owner')}</p>
        ) : null}
        <ConsoleValues platform={p} />
        {p.guide ? (
          <details className="rounded-lg border border-line">
            <summary className="px-4 py-3 text-sm font-medium">{t('platforms.guide')}</summary>
            <div lang="en" className="border-t border-line p-4">
              <Markdown source={p.guide} />
            </div>
          </details>
        ) : null}
        <p className="text-xs text-muted">{t('platforms.verified', { date: p.verified })}</p>
      </div>
    </details>
  )
}

export const PlatformSettings = () => {
  const t = useT()
  const { ws } = useSession()
  const [query] = useSearchParams()
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
            <PlatformRow key={p.id} platform={p} asked={query.get('open') === p.id} />
          ))}
        </div>
      )}
    </Loaded>
  )
}
