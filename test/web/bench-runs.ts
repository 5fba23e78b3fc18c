/** Runs for the tests of the Bench page: measured, compared by the command line, and dropped on the page. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import type { Page } from 'playwright-core'
import { startCommand } from '../../src/cli/commands/emulate.fixture.ts'
import type { RunComparison } from '../../src/measure/run-comparison.ts'

const main = resolve(import.meta.dirname, '../../src/cli/main.ts')

/** A short run kept in a folder. */
export async function measure(hardware: string, out: string): Promise<void> {
  const emulator = await startCommand(['--model', 'meta-llama/Llama-3.1-8B', '--hardware', hardware])
  const words = [
    ...[main, 'bench', `http://localhost:${emulator.port}`, '--hardware', hardware, '--out', out],
    ...[
      '--concurrency',
      '1,4',
      '--request-count',
      '24',
      '--isl',
      '64',
      '--osl',
      '16',
      '--warmup-request-count',
      '2',
    ],
    ...['--slo', 'ttft p95 < 5s, tpot p95 < 2s'],
  ]
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'pipe'] })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const [code] = (await once(child, 'close')) as [number]
  await emulator.stop()
  if (code !== 0) throw new Error(`bench ended with ${code}: ${errors}`)
}

/** What `tokenwright compare --json` says of two folders. */
export async function comparison(root: string, a: string, b: string): Promise<RunComparison> {
  const child = spawn(process.execPath, [main, 'compare', a, b, '--json'], { cwd: root })
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text
  })
  await once(child, 'close')
  return JSON.parse(printed) as RunComparison
}

/** A file dropped on the page by a script. */
export function drop(page: Page, name: string, text: string): Promise<unknown> {
  return page.evaluate(
    `(() => {
      const transfer = new DataTransfer()
      transfer.items.add(new File([${JSON.stringify(text)}], ${JSON.stringify(name)}))
      document.querySelector('.bench').dispatchEvent(
        new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }),
      )
    })()`,
  )
}

/** A folder as a hand drops it, which scripts cannot make up. */
export async function dropFolder(page: Page, path: string): Promise<void> {
  const devtools = await page.context().newCDPSession(page)
  const place = { x: 300, y: 200, data: { items: [], files: [path], dragOperationsMask: 1 } }
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await devtools.send('Input.dispatchDragEvent', { type, ...place })
}
