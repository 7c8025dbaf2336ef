import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { Button } from '#ui/button.tsx'
import { Card } from '#ui/card.tsx'
import { Field, Input } from '#ui/field.tsx'
import { Notice } from '#ui/notice.tsx'
import { signIn } from '../api/auth.ts'
import { isProblem } from '../api/client.ts'
import { meQuery } from '../api/queries.ts'
import { useT } from '../i18n/index.ts'
import { Failed } from '../lib/query-state.tsx'
import { Frame } from './frame.tsx'

/** Shown in place of any screen while nobody is signed in; afterwards that screen appears. */
export const SignInPage = () => {
  const t = useT()
  const client = useQueryClient()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const go = useMutation({
    mutationFn: () => signIn(email.trim(), password),
    onSuccess: () => client.invalidateQueries({ queryKey: meQuery.queryKey }),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    go.mutate()
  }
  return (
    <Frame title={t('signIn.title')} lead={t('signIn.lead')}>
      <Card className="p-6">
        <form onSubmit={submit} className="grid gap-5">
          <Field label={t('setup.email')}>
            {(c) => (
              <Input
                {...c}
                required
                type="email"
                autoComplete="username"
                value={email}
                onChange={(e) => setEmail(e.target.value)}
              />
            )}
          </Field>
          <Field label={t('setup.password')}>
            {(c) => (
              <Input
                {...c}
                required
                type="password"
                autoComplete="current-password"
                value={password}
                onChange={(e) => setPassword(e.target.value)}
              />
            )}
          </Field>
          {isProblem(go.error, 'unauthenticated') ? (
            <Notice tone="danger" alert>
              {t('signIn.wrong')}
            </Notice>
          ) : go.isError ? (
            <Failed error={go.error} />
          ) : null}
          <Button type="submit" tone="primary" busy={go.isPending}>
            {t('signIn.go')}
          </Button>
        </form>
      </Card>
    </Frame>
  )
}
