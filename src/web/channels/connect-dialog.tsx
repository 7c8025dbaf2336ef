/** Connecting an account: choose a network, follow its way (redirect, form or code), choose accounts, done. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { ChevronRight, Copy, LoaderCircle } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Link } from 'react-router'
import type { ConnectFlow, PlatformInfo } from '#contract/channels.ts'
import { Avatar } from '#ui/bits.tsx'
import { Button } from '#ui/button.tsx'
import { Dialog } from '#ui/dialog.tsx'
import { Field, Input } from '#ui/field.tsx'
import { Notice } from '#ui/notice.tsx'
import { api } from '../api/client.ts'
import { platformsQuery } from '../api/queries.ts'
import { useT } from '../i18n/index.ts'
import { Markdown } from '../lib/markdown.tsx'
import { Failed, Loaded } from '../lib/query-state.tsx'
import { PlatformMark, usePlatformWords } from '../lib/registry.tsx'
import { say } from '../lib/toast.ts'
import { useSession } from '../shell/session.tsx'

export type ConnectStart = { flowId?: string; platform?: string; realm?: 'live' | 'sandbox'; channelId?: string }
/** A code flow is asked about this often (ms). */
const pollMs = 2000

const Guide = ({ platform, open }: { platform: PlatformInfo; open?: boolean }) => {
  const t = useT()
  return (
    <details open={open} className="rounded-lg border border-line">
      <summary className="px-4 py-2.5 text-sm font-medium">{t('connect.guide', { platform: platform.name })}</summary>
      <div className="border-t border-line p-4">
        <p className="mb-3 text-sm text-muted">
          {t('connect.redirectUri')} <code className="rounded bg-sunken px-1 break-all">{platform.redirectUri}</code>
        </p>
        <div lang="en">
          <Markdown source={platform.guide} />
        </div>
      </div>
    </details>
  )
}

const FormFields = ({
  platform,
  fields,
  values,
  onChange,
}: {
  platform: string
  fields: PlatformInfo['connectForm']
  values: Record<string, string>
  onChange: (values: Record<string, string>) => void
}) => {
  const t = useT()
  const words = usePlatformWords(platform)
  const label = (f: (typeof fields)[number]) => words[`connect.${f.name}`] ?? f.label
  return (
    <div className="grid grid-cols-1 gap-4">
      {fields.map((f) => (
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
              placeholder={f.placeholder}
              value={values[f.name] ?? ''}
              onChange={(e) => onChange({ ...values, [f.name]: e.target.value })}
            />
          )}
        </Field>
      ))}
    </div>
  )
}

/** Several ways to the same network: each says what it is good for. */
const Ways = ({
  platform,
  value,
  onChange,
}: {
  platform: PlatformInfo
  value: string
  onChange: (id: string) => void
}) => {
  const t = useT()
  const words = usePlatformWords(platform.id)
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1.5 text-sm font-medium">{t('connect.way')}</legend>
      {platform.ways.map((w) => (
        <label key={w.id} className="flex items-start gap-2.5 text-sm">
          <input
            type="radio"
            name="way"
            className="mt-1 accent-accent"
            checked={value === w.id}
            onChange={() => onChange(w.id)}
          />
          <span>
            <span className="font-medium">{words[`way.${w.id}`] ?? w.label}</span>{' '}
            <span className="text-muted">{words[`way.${w.id}.help`] ?? w.help}</span>
          </span>
        </label>
      ))}
    </fieldset>
  )
}

export const ConnectDialog = ({ start, onClose }: { start: ConnectStart; onClose: () => void }) => {
  const t = useT()
  const { ws, me, can } = useSession()
  const client = useQueryClient()
  const platforms = useQuery(platformsQuery(ws.id))
  const [chosen, setChosen] = useState(start.platform ?? '')
  const [realm, setRealm] = useState<'live' | 'sandbox'>(start.realm ?? 'live')
  const [form, setForm] = useState<Record<string, string>>({})
  const [picked, setPicked] = useState<string[] | null>(null)
  const [flow, setFlow] = useState<ConnectFlow | null>(null)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const info = platforms.data?.find((p) => p.id === (flow?.platform ?? chosen))
  const way = info?.ways.find((w) => w.id === form.way) ?? info?.ways[0]
  const fields = way?.form ?? info?.connectForm ?? []
  const credentialsSet = way ? way.credentialsSet : (info?.credentialsSet ?? false)
  const wanted = new Set(fields.map((f) => f.name))
  /** Only what this way asks for: a password typed for another way stays here. */
  const filled = {
    ...Object.fromEntries(Object.entries(form).filter(([name]) => wanted.has(name))),
    ...(way ? { way: way.id } : {}),
  }

  const run = async (what: () => Promise<ConnectFlow>) => {
    setBusy(true)
    setError(null)
    try {
      const next = await what()
      if (next.step === 'redirect' && next.url) return window.location.assign(next.url)
      setFlow(next)
      if (next.step === 'done') {
        void client.invalidateQueries({ queryKey: [ws.id, 'channels'] })
        say(t('connect.done', { count: next.channels.length }))
        onClose()
      }
    } catch (e) {
      setError(e)
    }
    setBusy(false)
  }
  const answer = (id: string) => api('connectAnswer', { params: { ws: ws.id, id }, body: { form: filled } })
  const begin = () =>
    run(async () => {
      // The network did not like the last answer: the flow is still open, and takes another one.
      if (flow?.step === 'form') return answer(flow.id)
      const params = { ws: ws.id, platform: chosen }
      const begun = await api('connectBegin', {
        params,
        body: { realm, form: filled, ...(start.channelId ? { channelId: start.channelId } : {}) },
      })
      return begun.step === 'form' && !begun.error ? answer(begun.id) : begun
    })
  const look = (id: string) => run(() => api('connectGet', { params: { ws: ws.id, id } }))

  // Back from the network's consent page, or waiting for a code to be posted.
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked once for the flow this dialog was opened with
  useEffect(() => {
    if (start.flowId) void look(start.flowId)
  }, [start.flowId])
  // biome-ignore lint/correctness/useExhaustiveDependencies: each answer arms the next look
  useEffect(() => {
    if (flow?.step !== 'code') return
    const timer = setTimeout(() => void look(flow.id), pollMs)
    return () => clearTimeout(timer)
  }, [flow])

  const offers = flow?.offers ?? []
  const selection =
    picked ??
    (offers.length === 1 ? offers.map((o) => o.externalId) : offers.filter((o) => o.connected).map((o) => o.externalId))

  const body = () => {
    if (flow?.step === 'failed')
      return (
        <Notice tone="danger" alert title={t('connect.failed')}>
          <span lang="en">{flow.error}</span>
        </Notice>
      )
    if (flow?.step === 'code')
      return (
        <div className="grid grid-cols-1 gap-4">
          <p lang="en" className="text-sm">
            {flow.instructions}
          </p>
          {flow.code ? (
            <div className="flex items-center gap-2">
              <code className="flex-1 rounded-lg bg-sunken px-4 py-3 text-lg font-semibold tracking-wide break-all">
                {flow.code}
              </code>
              <Button
                size="icon"
                aria-label={t('action.copy')}
                onClick={() => void navigator.clipboard?.writeText(flow.code ?? '').then(() => say(t('action.copied')))}
              >
                <Copy aria-hidden />
              </Button>
            </div>
          ) : null}
          {flow.link ? (
            <Button asChild tone="primary" className="justify-self-start">
              <a href={flow.link} target="_blank" rel="noreferrer">
                {t('connect.openNetwork', { platform: info?.name ?? '' })}
              </a>
            </Button>
          ) : null}
          <p role="status" className="flex items-center gap-2 text-sm text-muted">
            <LoaderCircle aria-hidden className="size-4 animate-spin" />
            {t('connect.waiting')}
          </p>
        </div>
      )
    if (flow?.step === 'choose')
      return (
        <fieldset>
          <legend className="mb-3 text-sm text-muted">{t('connect.choose')}</legend>
          <ul className="grid gap-2">
            {offers.map((o) => (
              <li key={o.externalId}>
                <label className="flex cursor-pointer items-center gap-3 rounded-lg border border-line px-3 py-2.5 hover:bg-sunken">
                  <input
                    type="checkbox"
                    className="size-4 accent-accent"
                    checked={selection.includes(o.externalId)}
                    onChange={(e) =>
                      setPicked(
                        e.target.checked ? [...selection, o.externalId] : selection.filter((x) => x !== o.externalId),
                      )
                    }
                  />
                  <Avatar name={o.name} src={o.avatarUrl} size={32} />
                  <span className="min-w-0 flex-1">
                    <span className="block truncate text-sm font-medium">{o.name}</span>
                    <span className="block truncate text-xs text-muted">{o.handle}</span>
                  </span>
                  {o.connected ? <span className="text-xs text-muted">{t('connect.already')}</span> : null}
                </label>
              </li>
            ))}
          </ul>
        </fieldset>
      )
    // On its way out, to the network or because it is done: the form below would flash.
    if ((start.flowId && !flow) || flow?.step === 'done' || flow?.step === 'redirect')
      return error ? null : (
        <p role="status" className="py-6 text-center text-sm text-muted">
          {t('loading')}
        </p>
      )
    if (!info)
      return (
        <Loaded query={platforms} skeleton={<p className="py-6 text-center text-sm text-muted">{t('loading')}</p>}>
          {(list) => (
            <ul className="grid gap-2">
              {list.map((p) => (
                <li key={p.id}>
                  <button
                    type="button"
                    onClick={() => setChosen(p.id)}
                    className="flex w-full items-center gap-3 rounded-lg border border-line px-4 py-3 text-left hover:bg-sunken"
                  >
                    <PlatformMark id={p.id} className="size-5" />
                    <span className="flex-1 font-medium">{p.name}</span>
                    <span className="text-sm text-muted">{t(`connect.kind.${p.connect}`)}</span>
                    <ChevronRight aria-hidden className="size-4 text-muted" />
                  </button>
                </li>
              ))}
            </ul>
          )}
        </Loaded>
      )
    const needs = (flow?.realm ?? realm) === 'live' && !credentialsSet
    return (
      <div className="grid grid-cols-1 gap-4">
        {me.sandbox && !start.channelId && !flow ? (
          <fieldset className="grid gap-2">
            <legend className="mb-1.5 text-sm font-medium">{t('connect.realm')}</legend>
            {(['live', 'sandbox'] as const).map((r) => (
              <label key={r} className="flex items-start gap-2.5 text-sm">
                <input
                  type="radio"
                  name="realm"
                  className="mt-1 accent-accent"
                  checked={realm === r}
                  onChange={() => setRealm(r)}
                />
                <span>
                  <span className="font-medium">{t(`realm.${r}`)}</span>{' '}
                  <span className="text-muted">{t(`realm.${r}.means`)}</span>
                </span>
              </label>
            ))}
          </fieldset>
        ) : null}
        {way && !flow ? <Ways platform={info} value={way.id} onChange={(id) => setForm({ ...form, way: id })} /> : null}
        {needs ? (
          <Notice tone="warn" title={t('connect.credentials', { platform: info.name })}>
            {can('owner') ? (
              <Link to={`/settings/platforms?open=${info.id}`} className="text-accent-ink underline underline-offset-2">
                {t('connect.credentials.link')}
              </Link>
            ) : (
              t('connect.credentials.owner')
            )}
          </Notice>
        ) : null}
        {fields.length > 0 && !needs ? (
          <FormFields platform={info.id} fields={fields} values={form} onChange={setForm} />
        ) : null}
        {(way?.connect ?? info.connect) === 'redirect' && !needs ? (
          <p className="text-sm text-muted">{t('connect.redirect', { platform: info.name })}</p>
        ) : null}
        <Guide platform={info} open={needs} />
      </div>
    )
  }
  const missing = fields.some((f) => !f.optional && !form[f.name]?.trim())
  const footer = () => {
    if (flow?.step === 'choose')
      return (
        <Button
          tone="primary"
          busy={busy}
          disabled={selection.length === 0}
          onClick={() =>
            void run(() =>
              api('connectChoose', { params: { ws: ws.id, id: flow.id }, body: { externalIds: selection } }),
            )
          }
        >
          {t('connect.confirm', { count: selection.length })}
        </Button>
      )
    if ((flow && flow.step !== 'form') || start.flowId || !info) return null
    return (
      <>
        {start.platform || flow ? null : <Button onClick={() => setChosen('')}>{t('action.back')}</Button>}
        <Button
          tone="primary"
          busy={busy}
          disabled={missing || ((flow?.realm ?? realm) === 'live' && !credentialsSet)}
          onClick={() => void begin()}
        >
          {t('connect.go')}
        </Button>
      </>
    )
  }
  return (
    <Dialog
      open
      wide
      onOpenChange={(open) => !open && onClose()}
      title={info ? t('connect.title.of', { platform: info.name }) : t('connect.title')}
      description={info ? undefined : t('connect.lead')}
      closeLabel={t('action.close')}
      footer={footer()}
    >
      <div className="grid grid-cols-1 gap-4">
        {error ? <Failed error={error} /> : null}
        {flow?.step === 'form' && flow.error ? (
          <Notice tone="danger" alert title={t('connect.failed')}>
            <span lang="en">{flow.error}</span>
          </Notice>
        ) : null}
        {body()}
      </div>
    </Dialog>
  )
}
