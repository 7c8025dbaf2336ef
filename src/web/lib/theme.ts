/** Light, dark, or as the system says. `public/theme.js` applies the same rule before the first paint. */
import { create } from 'zustand'

export type Theme = 'system' | 'light' | 'dark'
const key = 'clarion.theme'
const media = window.matchMedia('(prefers-color-scheme: dark)')
const stored = localStorage.getItem(key)

const apply = (theme: Theme) => {
  document.documentElement.classList.toggle('dark', theme === 'dark' || (theme === 'system' && media.matches))
}

export const useTheme = create<{ theme: Theme; setTheme: (theme: Theme) => void }>((set) => ({
  theme: stored === 'light' || stored === 'dark' ? stored : 'system',
  setTheme: (theme) => {
    localStorage.setItem(key, theme)
    apply(theme)
    set({ theme })
  },
}))

media.addEventListener('change', () => apply(useTheme.getState().theme))
apply(useTheme.getState().theme)
