import { Languages, Monitor, Moon, Sun } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Button } from '#ui/button.tsx'
import { Menu, MenuLabel, MenuRadio, MenuRadioItem } from '#ui/menu.tsx'
import { type Language, languages, setLanguage, useT } from '../i18n/index.ts'
import { type Theme, useTheme } from '../lib/theme.ts'

const icons = { system: Monitor, light: Sun, dark: Moon } as const

/** Light or dark, and the language: this browser's own choices. */
export const ThemeAndLanguage = () => {
  const t = useT()
  const { i18n } = useTranslation()
  const { theme, setTheme } = useTheme()
  const ThemeIcon = icons[theme]
  return (
    <div className="flex items-center gap-1">
      <Menu
        trigger={
          <Button tone="quiet" size="icon" aria-label={t('theme.label')}>
            <ThemeIcon aria-hidden />
          </Button>
        }
      >
        <MenuLabel>{t('theme.label')}</MenuLabel>
        <MenuRadio value={theme} onValueChange={(v) => setTheme(v as Theme)}>
          {(['system', 'light', 'dark'] as const).map((v) => (
            <MenuRadioItem key={v} value={v}>
              {t(`theme.${v}`)}
            </MenuRadioItem>
          ))}
        </MenuRadio>
      </Menu>
      <Menu
        trigger={
          <Button tone="quiet" size="icon" aria-label={t('language.label')}>
            <Languages aria-hidden />
          </Button>
        }
      >
        <MenuLabel>{t('language.label')}</MenuLabel>
        <MenuRadio value={i18n.language} onValueChange={(v) => setLanguage(v as Language)}>
          {Object.entries(languages).map(([id, name]) => (
            <MenuRadioItem key={id} value={id} lang={id}>
              {name}
            </MenuRadioItem>
          ))}
        </MenuRadio>
      </Menu>
    </div>
  )
}
