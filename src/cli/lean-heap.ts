/**
 * A gateway lives for months and most of what it allocates is dead in a millisecond. V8's defaults let garbage pile up to some hundred
 * megabytes before they collect it; with these flags it stays smaller, for some CPU. There is no limit in them: a heap that must grow, grows.
 *
 * 16 MiB of young generation, from the start: V8 makes it grow only when enough of it survives a collection, so that of two equal processes one
 * stayed at less and took up to half as much again of the processor. An old generation that is collected when it has grown by half. Other values:
 * docs/models/gateway-speed.md.
 */
const flags = ['--min-semi-space-size=16', '--max-semi-space-size=16', '--heap-growing-percent=50'] as const

/**
 * Replaces this process by one with these flags: same process id, same arguments. Does nothing where somebody has set flags for the heap, or where a
 * process cannot be replaced (Windows).
 */
export function leanHeap(environment: NodeJS.ProcessEnv): void {
  const given = [...process.execArgv, environment.NODE_OPTIONS ?? ''].join(' ')
  const isSet = /--(?:m(?:ax|in)-semi-space|max-old-space|heap-growing|max-heap)/.test(given)
  if (isSet || process.platform === 'win32' || typeof process.execve !== 'function') return
  process.execve(
    process.execPath,
    [process.execPath, ...flags, ...process.execArgv, ...process.argv.slice(1)],
    environment,
  )
}
