import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { Button } from '#ui/button.tsx'
import { Card } from '#ui/card.tsx'
import { Field, Input, Select } from '#ui/field.tsx'
import { api, isProblem } from '../api/client.ts'
import { setupQuery } from '../api/queries.ts'
import { language, useT } from '../i18n/index.ts'
import { browserZone } from '../lib/clock.ts'
import { Failed } from '../lib/query-state.tsx'
import { zones } from '../lib/time.ts'
import { Frame } from './frame.tsx'

/** First visit: the owner, the workspace and its zone, guarded by the token from the terminal where the listener is public. */
export const SetupPage = ({ tokenRequired }: { tokenRequired: boolean }) => {
  const t = useT()
  const client = useQueryClient()
  const [form, setForm] = useState({
    name: '',
    email: '',
    password: '',
    workspaceName: '',
    timeZone: browserZone(),
    token: new URLSearchParams(window.location.search).get('token') ?? '',
  })
  const set = (change: Partial<typeof form>) => setForm({ ...form, ...change })
  const setup = useMutation({
    mutationFn: () => {
      const { token, ...rest } = form
      return api('setup', { body: { ...rest, locale: language(), ...(tokenRequired ? { token: token.trim() } : {}) } })
    },
    // A full load: the app starts as it will next time, signed in and in the workspace's language.
    onSuccess: (me) => window.location.assign(me.sandbox ? '/welcome' : '/channels'),
    onError: (e) => {
      if (isProblem(e, 'setup-done')) void client.invalidateQueries({ queryKey: setupQuery.queryKey })
    },
  })
  const errorAt = (path: string) =>
    isProblem(setup.error, 'validation')
      ? setup.error.body.errors?.find((e) => e.path.endsWith(path))?.message
      : undefined
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setup.mutate()
  }
  return (
    <Frame title={t('setup.title')} lead={t('setup.lead')}>
      <Card className="p-6">
        <form onSubmit={submit} className="grid gap-5">
          {tokenRequired ? (
            <Field
              label={t('setup.token')}
              hint={t('setup.token.hint')}
              error={isProblem(setup.error, 'setup-token') ? t('setup.token.wrong') : undefined}
            >
              {(c) => (
                <Input
                  {...c}
                  required
                  autoComplete="off"
                  value={form.token}
                  onChange={(e) => set({ token: e.target.value })}
                />
              )}
            </Field>
          ) : null}
          <Field label={t('setup.name')} error={errorAt('name')}>
            {(c) => (
              <Input
                {...c}
                required
                autoComplete="name"
                maxLength={100}
                value={form.name}
                onChange={(e) => set({ name: e.target.value })}
              />
            )}
          </Field>
          <Field label={t('setup.email')} error={errorAt('email')}>
            {(c) => (
              <Input
                {...c}
                required
                type="email"
                autoComplete="username"
                value={form.email}
                onChange={(e) => set({ email: e.target.value })}
              />
            )}
          </Field>
          <Field label={t('setup.password')} hint={t('setup.password.hint')} error={errorAt('password')}>
            {(c) => (
              <Input
                {...c}
                required
                type="password"
                minLength={10}
                autoComplete="new-password"
                value={form.password}
                onChange={(e) => set({ password: e.target.value })}
              />
            )}
          </Field>
          <Field label={t('setup.workspaceName')} hint={t('setup.workspaceName.hint')} error={errorAt('workspaceName')}>
            {(c) => (
              <Input
                {...c}
                required
                maxLength={100}
                autoComplete="organization"
                value={form.workspaceName}
                onChange={(e) => set({ workspaceName: e.target.value })}
              />
            )}
          </Field>
          <Field label={t('setup.timeZone')} hint={t('setup.timeZone.hint')} error={errorAt('timeZone')}>
            {(c) => (
              <Select {...c} value={form.timeZone} onChange={(e) => set({ timeZone: e.target.value })}>
                {[...new Set([form.timeZone, ...zones()])].map((z) => (
                  <option key={z}>{z}</option>
                ))}
              </Select>
            )}
          </Field>
          {setup.isError && !isProblem(setup.error, 'setup-token') ? <Failed error={setup.error} /> : null}
          <Button type="submit" tone="primary" busy={setup.isPending || setup.isSuccess}>
            {t('setup.go')}
          </Button>
        </form>
      </Card>
    </Frame>
  )
}
