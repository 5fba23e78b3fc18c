/** Light, dark, or as the system says; remembered on this machine. */
import { useEffect, useState } from 'preact/hooks'

export const themes = ['auto', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

const key = 'tokenwright-theme'

/** Before the first paint, so that nothing flashes. */
export function applyStoredTheme(): void {
  apply(stored())
}

export function useTheme(): readonly [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState(stored)
  useEffect(() => {
    apply(theme)
    try {
      localStorage.setItem(key, theme)
    } catch {
      // Storage may be off: then the choice lasts as long as the page.
    }
  }, [theme])
  return [theme, setTheme]
}

function stored(): Theme {
  try {
    const text = localStorage.getItem(key)
    return themes.find(theme => theme === text) ?? 'auto'
  } catch {
    return 'auto'
  }
}

function apply(theme: Theme): void {
  if (theme === 'auto') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
}
