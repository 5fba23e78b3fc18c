/** One build, one server, one browser for the tests of the page. Screenshots are kept in test/web/artefacts (not in git). */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { chromium, type Page } from 'playwright-core'
import type { Assets } from '../../src/dashboard/assets.ts'
import { ensureBuilt, loadAssets, serveDashboard } from '../../src/dashboard/index.ts'

const artefacts = resolve(import.meta.dirname, 'artefacts')

/** Debian's, or the one an environment names. */
export const chromiumPath = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
].find(path => path !== undefined && existsSync(path))

export const skipReason = 'no Chromium found: apt-get install chromium, or set CHROMIUM_PATH'

export interface OpenPage {
  readonly page: Page
  /** What the page complained of: console errors, exceptions, requests that failed or left this machine. */
  readonly complaints: readonly string[]
}

export interface Dashboard {
  readonly url: string
  /** What the page is made of, as it is served. */
  readonly assets: Assets
  /** Of the dashboard's own server, or of another that serves the page. */
  readonly open: (hash: string, base?: string) => Promise<OpenPage>
  readonly close: () => Promise<void>
}

export interface ServedPage {
  readonly url: string
  readonly assets: Assets
  readonly close: () => Promise<void>
}

/** Bytes of a file as they are sent. */
export function packedBytes(assets: Assets, name: string): number {
  const { gzip, body } = assets.get(name)!
  return (gzip ?? body).byteLength
}

/** The page is built into a folder of its own, so that nothing else that runs meanwhile can take it away. */
export async function servePage(): Promise<ServedPage> {
  const folder = mkdtempSync(join(tmpdir(), 'tokenwright-web-'))
  ensureBuilt(() => {}, folder)
  const assets = loadAssets(folder)
  const server = await serveDashboard(assets, 0)
  return {
    url: server.url,
    assets,
    close: async () => {
      await server.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export async function startDashboard(): Promise<Dashboard> {
  const server = await servePage()
  const { assets } = server
  const browser = await chromium.launch({ executablePath: chromiumPath!, args: ['--no-sandbox'] })
  // Pages share a context, hence the files that one of them has fetched.
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, colorScheme: 'light' })
  return {
    url: server.url,
    assets,
    open: async (hash, base = server.url) => {
      const page = await context.newPage()
      const complaints: string[] = []
      page.on('console', message => {
        if (message.type() === 'error') complaints.push(message.text())
      })
      page.on('pageerror', error => complaints.push(error.message))
      page.on('requestfailed', request => complaints.push(`failed: ${request.url()}`))
      page.on('request', request => {
        if (!/^(blob|data):/.test(request.url()) && !request.url().startsWith(base)) {
          complaints.push(`left this machine: ${request.url()}`)
        }
      })
      await page.goto(`${base}${hash}`)
      return { page, complaints }
    },
    close: async () => {
      await browser.close()
      await server.close()
    },
  }
}

/**
 * Looks at an open page wide and narrow, light and dark: a picture of each, nothing wider than the window, and what axe-core
 * finds serious (all its rules once, those of contrast in the dark).
 */
export async function everyLook(page: Page, name: string): Promise<string[]> {
  const issues: string[] = []
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 900 })
    for (const scheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: scheme })
      // Figures follow the width in a moment.
      await page.waitForTimeout(150)
      await screenshot(page, `${name}-${width}-${scheme}`)
      if (width === 1280)
        issues.push(...(await seriousIssues(page, scheme === 'dark' ? 'contrast' : undefined)))
    }
    const wide = await page.evaluate<number>('document.documentElement.scrollWidth')
    if (wide > width) issues.push(`${wide} pixels wide in a window of ${width}`)
  }
  return issues
}

async function screenshot(page: Page, name: string): Promise<void> {
  mkdirSync(artefacts, { recursive: true })
  await page.screenshot({ path: join(artefacts, `${name}.png`), fullPage: true })
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Serious and critical findings of axe-core, each with the elements it is about. `contrast`: of colours only, which is quick. */
async function seriousIssues(page: Page, only?: 'contrast'): Promise<string[]> {
  // Evaluated from here, not as a script of the page: its policy allows none but its own.
  await page.evaluate(axeSource)
  const violations = await page.evaluate<AxeViolation[]>(
    `(async () => (await axe.run(document, ${JSON.stringify({
      resultTypes: ['violations'],
      ...(only === 'contrast' ? { runOnly: ['color-contrast'] } : {}),
    })})).violations)()`,
  )
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`)
}

interface AxeViolation {
  readonly id: string
  readonly impact: string | null
  readonly nodes: readonly { readonly html: string }[]
}
