/**
 * Prompts of the user's own: one JSON object a line. AIPerf's single_turn, multi_turn and random_pool, and plain lines with
 * a prompt, messages, a query with documents, or a whole payload.
 */
import { readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { present } from '../../core/assert.ts'
import { TokenwrightError } from '../../core/errors.ts'
import { fileFault } from '../../core/file-fault.ts'
import { RandomSource } from '../../core/random.ts'
import { readLines } from '../../workload/trace-lines-file.ts'
import type { BenchPrompt } from '../endpoints/endpoint.ts'
import { type PromptSession, readPromptLine } from './prompt-line.ts'

/** A file, or the files of a folder of pools. */
export interface PromptPool {
  /** Its name, for the report. */
  readonly name: string
  readonly sessions: readonly PromptSession[]
}

/** All prompts are held in memory: more than this is refused. Assumed to be more than a benchmark needs. */
const mostBytes = 2 ** 30

/**
 * Reads a file of prompts; a folder is read file by file, each a pool of its own, in the order of their names. Compressed
 * files (gzip, zstd, brotli) are read too.
 * @throws TokenwrightError naming file and line.
 */
export async function readPromptFile(path: string): Promise<readonly PromptPool[]> {
  const files = promptFiles(path)
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  if (bytes > mostBytes) {
    throw new TokenwrightError(
      'file',
      `${(bytes / 2 ** 30).toFixed(1)} GiB of prompts are too many to hold`,
      {
        where: path,
        fix: 'take a sample of at most 1 GiB, for example with shuf -n 10000',
      },
    )
  }
  const pools: PromptPool[] = []
  for (const { path: file } of files) pools.push({ name: basename(file), sessions: await readPool(file) })
  return pools
}

async function readPool(path: string): Promise<readonly PromptSession[]> {
  const sessions: PromptSession[] = []
  let line = 0
  await readLines(path, text => {
    line++
    if (text.trim() !== '') sessions.push(readPromptLine(text, `${path}:${line}`))
  })
  if (sessions.length > 0) return sessions
  throw new TokenwrightError('trace', 'there are no prompts in the file', {
    where: path,
    fix: 'write one JSON object a line, such as {"text": "…", "output_length": 100}',
  })
}

function promptFiles(path: string): readonly { readonly path: string; readonly bytes: number }[] {
  try {
    const facts = statSync(path)
    if (!facts.isDirectory()) return [{ path, bytes: facts.size }]
    const files = readdirSync(path)
      .filter(name => /\.jsonl?(\.(gz|zst|br))?$/.test(name))
      .sort()
      .map(name => ({ path: join(path, name), bytes: statSync(join(path, name)).size }))
    if (files.length > 0) return files
  } catch (error) {
    throw fileFault(error, 'read the prompts', { where: path, fix: 'check the path' })
  }
  throw new TokenwrightError('file', 'the folder has no files of prompts', {
    where: path,
    fix: 'its files are to end in .jsonl, one pool of prompts each',
  })
}

/**
 * The session that the n-th request or session of a run takes. Of one pool the lines in order and around again; `shuffled`,
 * one at random. Of a folder one line of every pool at random, merged into one prompt as AIPerf's random_pool does; the
 * lines of a file named queries are queries, for rankings. Which lines, follows from the seed and n alone.
 * @throws TokenwrightError when lines of several pools are not single texts.
 */
export function promptSession(
  pools: readonly PromptPool[],
  n: number,
  seed: string | number,
  shuffled: boolean,
): PromptSession {
  const first = present(pools[0], 'a pool of prompts')
  if (!shuffled && pools.length === 1) return first.sessions[n % first.sessions.length]!
  const random = new RandomSource(seed).stream('prompt file', n)
  const drawn = pools.map(({ name, sessions }) => ({
    name,
    session: sessions[random.integer(sessions.length)]!,
  }))
  return drawn.length === 1 ? drawn[0]!.session : merged(drawn)
}

interface DrawnLine {
  readonly name: string
  readonly session: PromptSession
}

function merged(drawn: readonly DrawnLine[]): PromptSession {
  const turns = drawn.map(({ session }) => session.turns[0]!)
  const isQuery = ({ name }: DrawnLine) => /^quer(y|ies)\b/i.test(name)
  const prompt: BenchPrompt = {
    kind: 'texts',
    query: drawn.filter(isQuery).flatMap(textsOf).join('\n'),
    texts: drawn.filter(line => !isQuery(line)).flatMap(textsOf),
  }
  return {
    id: null,
    turns: [
      {
        prompt,
        outputTokens: turns.find(turn => turn.outputTokens !== null)?.outputTokens ?? null,
        timestampMs: null,
        delayMs: null,
        extra: Object.assign({}, ...turns.map(turn => turn.extra)),
      },
    ],
  }
}

function textsOf({ name, session }: DrawnLine): readonly string[] {
  const prompt = session.turns[0]!.prompt
  if (session.turns.length === 1 && prompt.kind === 'text') return [prompt.text]
  if (session.turns.length === 1 && prompt.kind === 'texts' && prompt.query === '') return prompt.texts
  throw new TokenwrightError(
    'trace',
    'pools of several files can only be merged from lines with text or texts',
    {
      where: name,
      fix: 'write lines such as {"text": "…"}, or give one file instead of the folder',
    },
  )
}
