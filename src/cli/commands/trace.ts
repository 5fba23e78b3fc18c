/** `tokenwright trace`: what a trace of requests holds, before anything is served. */
import { Command } from 'commander'
import { TokenwrightError } from '../../core/errors.ts'
import type { TraceSummary } from '../../workload/trace-statistics.ts'
import { startProgress } from '../progress.ts'
import { terminalStyle, terminalWidth } from '../terminal.ts'
import { packageVersion } from '../version-file.ts'

interface StatsOptions {
  readonly json?: boolean
  readonly csv?: boolean
}

const formats = `
Formats are recognised by their contents: Azure, BurstGPT, Vidur and other CSV; Mooncake, Qwen-Bailian, AIPerf,
LLMServingSim and other JSON lines; recorded agent sessions; a folder or archive of ServeGen client models.
Plain, gzip, zstd or brotli (.br). Each with its traps: docs/guides/traces.md
`

const examples = `
Examples:
  $ tokenwright trace stats conversation_trace.jsonl.gz
  $ tokenwright trace stats AzureLLMInferenceTrace_conv.csv --json
  $ tokenwright trace stats claude_code-*.jsonl.br
  $ tokenwright trace stats data/reason/deepseek-r1
`

type Write = (text: string) => void

/** Tests give their own `write`. */
export function traceCommand(write: Write = text => process.stdout.write(text)): Command {
  const command = new Command('trace')
    .description('what a trace of requests holds: rate, burstiness, lengths, prefix reuse, sessions')
    .addHelpText('after', examples)
  command.addCommand(statsCommand(write))
  return command
}

function statsCommand(write: Write): Command {
  return new Command('stats')
    .description('statistics of a trace')
    .argument('<files...>', 'trace files; several are parts of one trace, - is standard input')
    .option('--json', 'all figures as JSON')
    .option('--csv', 'a header and one row')
    .addHelpText('after', `${formats}${examples}`)
    .action(async (files: string[], { json, csv }: StatsOptions) => {
      if (json && csv) {
        throw new TokenwrightError('usage', '--json and --csv exclude each other', {
          where: 'tokenwright trace stats',
          fix: 'give one of them',
        })
      }
      const summary = await summaryOf(files)
      write(await rendered(summary, json ? 'json' : csv ? 'csv' : 'text'))
    })
}

async function rendered(summary: TraceSummary, form: 'text' | 'json' | 'csv'): Promise<string> {
  switch (form) {
    case 'json':
      return (await import('../../report/trace-json.ts')).renderTraceJson(summary, packageVersion())
    case 'csv':
      return (await import('../../report/trace-csv.ts')).renderTraceCsv(summary)
    case 'text': {
      const { renderTraceText } = await import('../../report/trace-text.ts')
      return renderTraceText(summary, terminalWidth(), terminalStyle())
    }
  }
}

async function summaryOf(files: readonly string[]): Promise<TraceSummary> {
  const { readTraceSource } = await import('../../workload/trace-file.ts')
  const { sourceSummary } = await import('../../workload/trace-source.ts')
  const progress = startProgress()
  progress.update(`reading ${files.join(', ')}`)
  try {
    return sourceSummary(await readTraceSource(files))
  } finally {
    progress.finish()
  }
}
