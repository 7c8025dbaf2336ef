import { Section } from '#ui/card.tsx'
import { useT } from '../i18n/index.ts'
import { useSession } from '../shell/session.tsx'
import { PasswordForm } from './password-form.tsx'

export const AccountSettings = () => {
  const t = useT()
  const { me } = useSession()
  return (
    <Section title={t('account.password')} lead={t('account.lead', { name: me.user.name, email: me.user.email })}>
      <PasswordForm email={me.user.email} />
    </Section>
  )
}
