/** `tokenwright bench quick`: finds a server on this machine, measures it for a minute, and says in plain words what it is good for. */

import { createGet } from '../bench/server/http-get.ts'
import { findLocalServers, usualPorts } from '../bench/server/local-servers.ts'
import { TokenwrightError } from '../core/errors.ts'
import { renderQuickVerdict } from '../report/bench-quick-text.ts'
import { measureEndpoint } from './bench-command.ts'
import type { BenchFlags } from './bench-flags.ts'
import { terminalWidth } from './terminal.ts'

/** A minute in all: three loads, with what a chat asks. Lengths are those of a page in and a few sentences out (assumed). */
const quick = {
  concurrency: '1,4,16',
  benchmarkDuration: '15s',
  benchmarkGracePeriod: '5s',
  isl: '512',
  osl: '128',
} as const
/** Somebody reads along: the first word soon, and faster than one reads (500 ms, 20 tokens/s; servebench's "good"). */
const comfortable = 'ttft p90 < 500ms, tpot p90 < 50ms'

export async function quickBench(flags: BenchFlags): Promise<void> {
  const servers = await findLocalServers(createGet({ timeoutMs: 1_000 }))
  const [server] = servers
  if (server === undefined)
    throw new TokenwrightError('measurements', 'no inference server answers on this machine', {
      where: usualPorts.map(({ port }) => `:${port}`).join(' '),
      fix: 'start vLLM, SGLang, TensorRT-LLM, llama.cpp, Ollama or LM Studio, or give its address: tokenwright bench http://host:port',
    })
  const model = flags.model ?? server.models[0]?.id
  process.stderr.write(
    `found ${server.engine ?? 'a server'}${server.version === null ? '' : ` ${server.version}`} at ${server.url}` +
      `${model === undefined ? '' : `, model ${model}`}; measuring for a minute\n`,
  )
  const result = await measureEndpoint(server.url, {
    ...quick,
    slo: comfortable,
    ...definedFlags(flags),
    ...(model === undefined ? {} : { model }),
  })
  process.stdout.write(
    flags.json ? `${JSON.stringify(result, null, 2)}\n` : renderQuickVerdict(result, terminalWidth()),
  )
}

/** What the user said wins. */
function definedFlags(flags: BenchFlags): BenchFlags {
  return Object.fromEntries(
    Object.entries(flags).filter(([, value]) => value !== undefined),
  ) as unknown as BenchFlags
}
