import { ArrowRight } from 'lucide-react'
import { Link, useNavigate } from 'react-router'
import { Button } from '#ui/button.tsx'
import { Explore } from '../channels/explore.tsx'
import { useT } from '../i18n/index.ts'
import { Page } from '../shell/page.tsx'
import { useSession } from '../shell/session.tsx'

/** After setup: try everything on imitation networks at once, or connect real accounts. */
export const WelcomePage = () => {
  const t = useT()
  const { me } = useSession()
  const navigate = useNavigate()
  return (
    <Page narrow title={t('welcome.title', { name: me.user.name })} lead={t('welcome.lead')}>
      <div className="grid gap-5">
        <Explore onDone={() => void navigate('/compose')} />
        <div className="flex flex-wrap items-center justify-between gap-3 rounded-xl border border-line bg-surface p-6 shadow-card">
          <div>
            <h2 className="font-semibold">{t('welcome.real')}</h2>
            <p className="text-sm text-muted">{t('welcome.real.lead')}</p>
          </div>
          <Button asChild>
            <Link to="/channels">
              {t('welcome.real.go')}
              <ArrowRight aria-hidden />
            </Link>
          </Button>
        </div>
      </div>
    </Page>
  )
}
