import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { KeyRound, UserMinus } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { type Role, roles } from '#contract/common.ts'
import { Skeleton } from '#ui/bits.tsx'
import { Button } from '#ui/button.tsx'
import { Section } from '#ui/card.tsx'
import { Field, Input, Select } from '#ui/field.tsx'
import { Notice } from '#ui/notice.tsx'
import { api, newKey } from '../api/client.ts'
import { membersQuery } from '../api/queries.ts'
import { useT } from '../i18n/index.ts'
import { Failed, Loaded } from '../lib/query-state.tsx'
import { say, sayError } from '../lib/toast.ts'
import { useSession } from '../shell/session.tsx'

const asRole = (value: string): Role => roles.find((r) => r === value) ?? 'viewer'
const blank = { email: '', name: '', password: '', role: 'editor' as Role }

export const MemberSettings = () => {
  const t = useT()
  const { ws, me, can } = useSession()
  const client = useQueryClient()
  const members = useQuery(membersQuery(ws.id))
  const [form, setForm] = useState(blank)
  const settled = () => client.invalidateQueries({ queryKey: [ws.id, 'members'] })
  const add = useMutation({
    mutationFn: () =>
      api('memberAdd', {
        params: { ws: ws.id },
        body: {
          email: form.email.trim(),
          role: form.role,
          ...(form.name.trim() ? { name: form.name.trim() } : {}),
          ...(form.password ? { password: form.password } : {}),
        },
      }),
    onSuccess: (member) => {
      say(t('members.added', { name: member.name }))
      setForm(blank)
    },
    onSettled: settled,
  })
  const change = useMutation({
    mutationFn: ({ userId, role }: { userId: string; role: Role }) =>
      api('memberPatch', { params: { ws: ws.id, userId }, body: { role } }),
    onSuccess: () => say(t('save.saved')),
    onError: (e) => sayError(t, e),
    onSettled: settled,
  })
  const remove = useMutation({
    mutationFn: (userId: string) => api('memberRemove', { params: { ws: ws.id, userId } }),
    onSuccess: () => say(t('members.removed')),
    onError: (e) => sayError(t, e),
    onSettled: settled,
  })
  const reset = useMutation({
    mutationFn: ({ userId, password }: { userId: string; name: string; password: string }) =>
      api('memberPassword', { params: { ws: ws.id, userId }, body: { password } }),
    onError: (e) => sayError(t, e),
  })
  const admin = can('admin')
  const offered = roles.filter((r) => r !== 'owner' || can('owner'))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    add.mutate()
  }
  return (
    <div className="grid grid-cols-1 gap-6">
      <Section title={t('settings.members')} lead={t('members.lead')}>
        <Loaded query={members} skeleton={<Skeleton className="h-14" />}>
          {(list) => (
            <ul className="-my-3 divide-y divide-line">
              {list.map((m) => (
                <li key={m.userId} className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3">
                  <div className="min-w-0 flex-1 basis-40">
                    <p className="truncate font-medium">
                      {m.name}
                      {m.userId === me.user.id ? (
                        <span className="ml-2 text-sm font-normal text-muted">{t('members.you')}</span>
                      ) : null}
                    </p>
                    <p className="truncate text-sm text-muted">{m.email}</p>
                  </div>
                  <Select
                    className="w-36"
                    aria-label={t('members.roleOf', { name: m.name })}
                    value={m.role}
                    disabled={!admin || m.userId === me.user.id}
                    onChange={(e) => change.mutate({ userId: m.userId, role: asRole(e.target.value) })}
                  >
                    {[...new Set([...offered, m.role])].map((r) => (
                      <option key={r} value={r}>
                        {t(`role.${r}`)}
                      </option>
                    ))}
                  </Select>
                  {can('owner') && m.userId !== me.user.id ? (
                    <Button
                      tone="quiet"
                      size="icon"
                      aria-label={t('members.reset', { name: m.name })}
                      onClick={() => reset.mutate({ userId: m.userId, name: m.name, password: newKey().slice(0, 16) })}
                    >
                      <KeyRound aria-hidden />
                    </Button>
                  ) : null}
                  {admin && m.userId !== me.user.id ? (
                    <Button
                      tone="quiet"
                      size="icon"
                      aria-label={t('members.remove', { name: m.name })}
                      onClick={() => remove.mutate(m.userId)}
                    >
                      <UserMinus aria-hidden />
                    </Button>
                  ) : null}
                </li>
              ))}
            </ul>
          )}
        </Loaded>
        {reset.isSuccess ? (
          <Notice tone="ok" className="mt-4">
            {t('members.reset.done', { name: reset.variables.name, password: reset.variables.password })}
          </Notice>
        ) : null}
      </Section>
      {admin ? (
        <Section title={t('members.add')} lead={t('members.add.lead')}>
          <form onSubmit={submit} className="grid gap-4 sm:grid-cols-2">
            <Field label={t('setup.email')}>
              {(c) => (
                <Input
                  {...c}
                  type="email"
                  required
                  autoComplete="off"
                  value={form.email}
                  onChange={(e) => setForm({ ...form, email: e.target.value })}
                />
              )}
            </Field>
            <Field label={t('members.role')} hint={t(`role.${form.role}.means`)}>
              {(c) => (
                <Select {...c} value={form.role} onChange={(e) => setForm({ ...form, role: asRole(e.target.value) })}>
                  {offered.map((r) => (
                    <option key={r} value={r}>
                      {t(`role.${r}`)}
                    </option>
                  ))}
                </Select>
              )}
            </Field>
            <Field label={t('members.name')}>
              {(c) => (
                <Input
                  {...c}
                  autoComplete="off"
                  value={form.name}
                  onChange={(e) => setForm({ ...form, name: e.target.value })}
                />
              )}
            </Field>
            <Field label={t('members.password')} hint={t('members.password.hint')}>
              {(c) => (
                <Input
                  {...c}
                  type="password"
                  minLength={10}
                  autoComplete="new-password"
                  value={form.password}
                  onChange={(e) => setForm({ ...form, password: e.target.value })}
                />
              )}
            </Field>
            {add.isError ? (
              <div className="sm:col-span-2">
                <Failed error={add.error} />
              </div>
            ) : null}
            <Button type="submit" tone="primary" busy={add.isPending} className="justify-self-start">
              {t('members.add')}
            </Button>
          </form>
        </Section>
      ) : null}
    </div>
  )
}
