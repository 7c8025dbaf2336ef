import type { Me } from '#contract/people.ts'
import { Card } from '#ui/card.tsx'
import { useT } from '../i18n/index.ts'
import { PasswordForm } from '../settings/password-form.tsx'
import { Frame } from './frame.tsx'

/** Shown in place of any screen while the password is one that somebody else chose. */
export const ChoosePasswordPage = ({ me }: { me: Me }) => {
  const t = useT()
  return (
    <Frame title={t('account.choose')} lead={t('account.choose.lead')}>
      <Card className="p-6">
        <PasswordForm email={me.user.email} />
      </Card>
    </Frame>
  )
}
