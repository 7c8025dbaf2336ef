import { Compass } from 'lucide-react'
import { Link } from 'react-router'
import { Button } from '#ui/button.tsx'
import { Empty } from '#ui/card.tsx'
import { useT } from '../i18n/index.ts'
import { Page } from './page.tsx'

export const NotFound = () => {
  const t = useT()
  return (
    <Page title={t('notFound.title')}>
      <Empty
        icon={<Compass />}
        title={t('notFound.lead')}
        action={
          <Button asChild>
            <Link to="/calendar">{t('nav.calendar')}</Link>
          </Button>
        }
      />
    </Page>
  )
}
