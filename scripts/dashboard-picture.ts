/** The README's picture: the dashboard's Plan page as a browser shows it. `node scripts/dashboard-picture.ts` writes docs/figures/dashboard.png; it needs Chromium. */
import { fileURLToPath } from 'node:url'
import { startDashboard } from '../test/web/browser.ts'

const target = fileURLToPath(new URL('../docs/figures/dashboard.png', import.meta.url))
const dashboard = await startDashboard()
const { page } = await dashboard.open('#/plan')
await page.getByText('Ranking by cost').first().waitFor()
// Curves follow the ranking.
await page.waitForLoadState('networkidle')
await page.waitForTimeout(5000)
await page.screenshot({ path: target, clip: { x: 0, y: 0, width: 1280, height: 980 } })
await dashboard.close()
console.log(target)
