/** Starts the page. */
import { render } from 'preact'
import { App } from './app.tsx'
import { applyStoredTheme } from './state/theme.ts'

applyStoredTheme()
render(<App />, document.getElementById('app')!)
