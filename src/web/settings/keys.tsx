import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Copy, KeyRound } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { type Scope, scopes } from '#contract/people.ts'
import { Badge } from '#ui/badge.tsx'
import { Skeleton } from '#ui/bits.tsx'
import { Button } from '#ui/button.tsx'
import { Empty, Section } from '#ui/card.tsx'
import { Field, Input } from '#ui/field.tsx'
import { Notice } from '#ui/notice.tsx'
import { api } from '../api/client.ts'
import { keysQuery } from '../api/queries.ts'
import { useT } from '../i18n/index.ts'
import { useFormat } from '../lib/format.ts'
import { Failed, Loaded } from '../lib/query-state.tsx'
import { say, sayError } from '../lib/toast.ts'
import { useSession } from '../shell/session.tsx'

export const KeySettings = () => {
  const t = useT()
  const { ws, can } = useSession()
  const format = useFormat()
  const client = useQueryClient()
  const keys = useQuery({ ...keysQuery(ws.id), enabled: can('admin') })
  const [name, setName] = useState('')
  const [chosen, setChosen] = useState<Scope[]>(['read'])
  const settled = () => client.invalidateQueries({ queryKey: [ws.id, 'keys'] })
  const create = useMutation({
    mutationFn: () => api('keyCreate', { params: { ws: ws.id }, body: { name: name.trim(), scopes: chosen } }),
    onSuccess: () => setName(''),
    onSettled: settled,
  })
  const revoke = useMutation({
    mutationFn: (id: string) => api('keyRevoke', { params: { ws: ws.id, id } }),
    onSuccess: () => say(t('keys.revoked')),
    onError: (e) => sayError(t, e),
    onSettled: settled,
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    create.mutate()
  }
  if (!can('admin')) return <Notice tone="info">{t('settings.askAdmin')}</Notice>
  const made = create.data
  return (
    <div className="grid grid-cols-1 gap-6">
      {made ? (
        <Notice
          tone="ok"
          alert
          title={t('keys.made')}
          action={
            <Button
              size="sm"
              onClick={() => void navigator.clipboard?.writeText(made.key).then(() => say(t('action.copied')))}
            >
              <Copy aria-hidden />
              {t('action.copy')}
            </Button>
          }
        >
          <code className="mt-1 block rounded bg-surface px-2 py-1.5 break-all" data-testid="key">
            {made.key}
          </code>
        </Notice>
      ) : null}
      <Section title={t('settings.keys')} lead={t('keys.lead')}>
        <Loaded query={keys} skeleton={<Skeleton className="h-14" />}>
          {(list) =>
            list.length === 0 ? (
              <Empty icon={<KeyRound />} title={t('keys.empty')} />
            ) : (
              <ul className="-my-3 divide-y divide-line">
                {list.map((k) => (
                  <li key={k.id} className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3">
                    <div className="min-w-0 flex-1 basis-48">
                      <p className="truncate font-medium">
                        {k.name} <code className="ml-1 text-sm font-normal text-muted">{k.prefix}…</code>
                      </p>
                      <p className="text-sm text-muted">
                        {k.scopes.map((s) => t(`scope.${s}`)).join(', ')} ·{' '}
                        {k.lastUsedAt ? t('keys.used', { when: format.dateTime(k.lastUsedAt) }) : t('keys.unused')}
                      </p>
                    </div>
                    {k.revokedAt ? (
                      <Badge>{t('keys.isRevoked')}</Badge>
                    ) : (
                      <Button
                        size="sm"
                        tone="danger"
                        onClick={() => revoke.mutate(k.id)}
                        aria-label={t('keys.revokeOf', { name: k.name })}
                      >
                        {t('keys.revoke')}
                      </Button>
                    )}
                  </li>
                ))}
              </ul>
            )
          }
        </Loaded>
      </Section>
      <Section title={t('keys.new')}>
        <form onSubmit={submit} className="grid gap-4">
          <Field label={t('keys.name')} hint={t('keys.name.hint')}>
            {(c) => <Input {...c} required maxLength={100} value={name} onChange={(e) => setName(e.target.value)} />}
          </Field>
          <fieldset>
            <legend className="mb-2 text-sm font-medium">{t('keys.scopes')}</legend>
            <div className="grid gap-2 sm:grid-cols-2">
              {scopes.map((s) => (
                <label key={s} className="flex items-start gap-2.5 text-sm">
                  <input
                    type="checkbox"
                    className="mt-1 size-4 accent-accent"
                    checked={chosen.includes(s)}
                    onChange={(e) => setChosen(e.target.checked ? [...chosen, s] : chosen.filter((x) => x !== s))}
                  />
                  <span>
                    <span className="font-medium">{t(`scope.${s}`)}</span>
                    <span className="block text-muted">{t(`scope.${s}.means`)}</span>
                  </span>
                </label>
              ))}
            </div>
          </fieldset>
          {create.isError ? <Failed error={create.error} /> : null}
          <Button
            type="submit"
            tone="primary"
            busy={create.isPending}
            disabled={chosen.length === 0}
            className="justify-self-start"
          >
            {t('keys.new')}
          </Button>
        </form>
      </Section>
    </div>
  )
}
