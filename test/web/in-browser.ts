import { afterAll, beforeAll, describe } from 'vitest'
import { present } from '../../src/core/assert.ts'
import { chromiumPath, type Dashboard, skipReason, startDashboard } from './browser.ts'

/** The page as tests see it: started before the first of them, closed after the last. */
export type TestedDashboard = Omit<Dashboard, 'close'>

/** Tests of the page in a real browser, with a dashboard of their own; skipped, with the reason in their name, where there is no browser. */
export function inBrowser(name: string, tests: (dashboard: TestedDashboard) => void): void {
  describe.skipIf(chromiumPath === undefined)(
    `${name} (${chromiumPath ?? skipReason})`,
    { timeout: 90_000 },
    () => {
      let dashboard: Dashboard | null = null
      const started = (): Dashboard => present(dashboard, 'used in a test or a hook')
      beforeAll(async () => {
        dashboard = await startDashboard()
      }, 60_000)
      afterAll(async () => dashboard?.close())
      tests({
        get url() {
          return started().url
        },
        get assets() {
          return started().assets
        },
        open: (hash, base) => started().open(hash, base),
      })
    },
  )
}
