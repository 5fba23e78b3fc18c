/**
 * Processes of benchmarks/gateway.ts: started as groups of their own, always ended; and what they use
 * by /proc (Linux only).
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'

const groups = new Set<number>()

/** Also when something fails or somebody presses Ctrl-C: nothing that was started stays. */
process.on('exit', () => {
  for (const group of groups) signalGroup(group, 'SIGKILL')
})
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)
  process.once(signal, () => process.exit(code))

export interface Started {
  readonly pid: number
  readonly child: ChildProcess
  /** The end of what it wrote to its log. */
  complaints(): string
  stop(): Promise<void>
}

export interface Command {
  readonly program: string
  readonly words: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly folder?: string
  /** Standard output and error go there. */
  readonly log: string
}

/** Assumed: who has not ended of itself by then does not mean to. */
const patienceMs = 10_000

export function start(command: Command): Started {
  const log = openSync(command.log, 'w')
  const child = spawn(command.program, command.words, {
    stdio: ['ignore', log, log],
    detached: true,
    cwd: command.folder,
    env: { ...process.env, ...command.environment },
  })
  closeSync(log)
  const { pid } = child
  if (pid === undefined) {
    child.on('error', () => {})
    throw new Error(`${command.program} cannot be started`)
  }
  groups.add(pid)
  const ended = new Promise(resolve => child.once('exit', resolve))
  return {
    pid,
    child,
    complaints: () => readFileSync(command.log, 'utf8').slice(-2000),
    async stop() {
      signalGroup(pid, 'SIGTERM')
      const late = setTimeout(() => signalGroup(pid, 'SIGKILL'), patienceMs)
      await ended
      clearTimeout(late)
      // Children that outlived their parent.
      signalGroup(pid, 'SIGKILL')
      groups.delete(pid)
    },
  }
}

function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal)
  } catch {
    // Nobody is left.
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
      .listen(0, '127.0.0.1', () => {
        const address = server.address()
        if (address === null || typeof address === 'string') reject(new Error('no port'))
        else server.close(() => resolve(address.port))
      })
      .on('error', reject)
  })
}

/** Until the test says so; throws when the process ends before, or is not there in time. */
export async function until(
  started: Started,
  name: string,
  seconds: number,
  test: () => Promise<boolean>,
): Promise<void> {
  for (const endMs = performance.now() + seconds * 1000; performance.now() < endMs; ) {
    if (await test()) return
    if (started.child.exitCode !== null)
      throw new Error(`${name} ended with ${started.child.exitCode}\n${started.complaints()}`)
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  throw new Error(`${name} was not ready within ${seconds} s\n${started.complaints()}`)
}

/** proc(5), after the name, which may hold blanks: state, parent, … */
function fieldsOf(pid: string): readonly string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(') ') + 2).split(' ')
  } catch {
    return null
  }
}

/** It and all its descendants that live. */
export function processTree(pid: number): number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const parent = Number(fieldsOf(name)?.[1] ?? -1)
    const known = children.get(parent)
    if (known === undefined) children.set(parent, [Number(name)])
    else known.push(Number(name))
  }
  const tree = [pid]
  for (const member of tree) tree.push(...(children.get(member) ?? []))
  return tree
}

/** USER_HZ, which Linux fixes at 100 for what it shows. */
const ticksPerSecond = 100

/** Processor time of a tree so far, user and system, of those too that have ended and were waited for. */
export function cpuSeconds(pid: number): number {
  let ticks = 0
  for (const member of processTree(pid)) {
    const fields = fieldsOf(String(member))
    if (fields === null) continue
    for (const field of [11, 12, 13, 14]) ticks += Number(fields[field])
  }
  return ticks / ticksPerSecond
}

/** Resident memory of a tree: what each process has for itself (anonymous pages), and the largest one's mapped files once. */
export function residentMegabytes(pid: number): number {
  let anonymous = 0
  let files = 0
  for (const member of processTree(pid)) {
    let status: string
    try {
      status = readFileSync(`/proc/${member}/status`, 'utf8')
    } catch {
      continue
    }
    const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0)
    anonymous += kilobytes('RssAnon')
    files = Math.max(files, kilobytes('RssFile') + kilobytes('RssShmem'))
  }
  return ((anonymous + files) * 1024) / 1e6
}

/** Seconds that all processors together were busy since the machine's start, other people's work included. */
export function machineBusySeconds(): number {
  const [, user, nice, system, , , irq, softIrq] = readFileSync('/proc/stat', 'utf8')
    .split('\n', 1)[0]!
    .split(/\s+/)
    .map(Number)
  return (user! + nice! + system! + irq! + softIrq!) / ticksPerSecond
}
