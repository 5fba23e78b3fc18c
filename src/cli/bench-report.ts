/** `tokenwright bench report FOLDER`: prints a kept measurement again, or as other tools would have reported it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { TokenwrightError } from '../core/errors.ts'
import { fileFault } from '../core/file-fault.ts'
import { asReportedBy, peerTitles, type ReportingPeer, reportingPeers } from '../measure/as-reported.ts'
import { measuredText } from '../measure/interop/measured-file.ts'
import type { RequestObservation } from '../measure/observation.ts'
import { requestsFileLine } from '../measure/observation-json.ts'
import { readBenchResult } from '../measure/read-bench-result.ts'
import { type LoadReport, renderAsReported } from '../report/as-reported-text.ts'
import { renderBenchText } from '../report/bench-text.ts'
import { readLines } from '../workload/trace-lines-file.ts'
import type { BenchFlags } from './bench-flags.ts'
import { terminalStyle, terminalWidth } from './terminal.ts'

export async function reportBench(folder: string | undefined, flags: BenchFlags): Promise<void> {
  if (folder === undefined)
    throw new TokenwrightError('usage', 'nothing says which run is reported', {
      where: 'tokenwright bench report',
      fix: 'name the folder that bench --out wrote',
    })
  const look = { width: terminalWidth(), style: terminalStyle() }
  if (flags.asReportedBy === undefined) {
    const path = join(folder, 'result.json')
    const text = readText(path)
    process.stdout.write(flags.json ? text : renderBenchText(readBenchResult(measuredText(path, text)), look))
    return
  }
  const peers = peersOf(flags.asReportedBy)
  const loads = (await readLoads(join(folder, 'requests.jsonl'))).map(
    ([load, observations]): LoadReport => ({
      load,
      peers: peers.map(peer => ({
        peer,
        title: peerTitles[peer],
        figures: asReportedBy(peer, observations),
      })),
    }),
  )
  process.stdout.write(flags.json ? `${JSON.stringify(loads, null, 2)}\n` : renderAsReported(loads, look))
}

function peersOf(text: string): readonly ReportingPeer[] {
  if (text.trim() === 'all') return reportingPeers
  return text.split(',').map(part => {
    const name = part.trim()
    // `vllm` and `sglang` is how people call them.
    const peer = reportingPeers.find(each => each === name || each === `${name}-bench`)
    if (peer !== undefined) return peer
    throw new TokenwrightError('usage', `nobody called "${name}" is known`, {
      where: '--as-reported-by',
      fix: `name some of ${reportingPeers.join(', ')}, or all`,
    })
  })
}

async function readLoads(path: string): Promise<(readonly [string, readonly RequestObservation[]])[]> {
  const loads: [string, RequestObservation[]][] = []
  let line = 0
  await readLines(path, text => {
    line++
    if (text.trim() === '') return
    const read = requestsFileLine(text, `${path}:${line}`)
    if (read.kind === 'load') loads.push([read.name, []])
    if (read.kind !== 'request') return
    if (loads.length === 0) loads.push(['all requests', []])
    loads.at(-1)![1].push(read.observation)
  })
  return loads
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw fileFault(error, 'read the run', { where: path, fix: 'name the folder that bench --out wrote' })
  }
}
