/** Real prompts and real sounds in place of made-up words, from files. */
import { type OpenedSupply, openSupply, type SupplySource } from '../bench/workers/prompt-supply.ts'
import { plural } from '../report/format-number.ts'
import type { BenchFlags } from './bench-flags.ts'
import { isPromptFile } from './bench-load.ts'

export interface SuppliedPrompts extends OpenedSupply {
  readonly source: SupplySource
  readonly description: string
}

/** Null: words are made up. */
export async function suppliedPrompts(flags: BenchFlags, seed: string): Promise<SuppliedPrompts | null> {
  const source = sourceOf(flags, seed)
  if (source === null) return null
  const opened = await openSupply(source)
  return { ...opened, source, description: descriptionOf(source, opened.count) }
}

/** Without a folder: tones, which say how quick the server is and not how well it hears. Lengths are assumed. */
const standardTones = { kind: 'tones', count: 16, seconds: 15 } as const

function sourceOf({ endpoint, audio, ...flags }: BenchFlags, seed: string): SupplySource | null {
  if (endpoint === 'transcription')
    return audio === undefined ? standardTones : { kind: 'audio', folder: audio }
  if (!isPromptFile(flags) || flags.inputFile === undefined) return null
  return {
    kind: 'prompts',
    path: flags.inputFile,
    shuffled: flags.customDatasetType === 'random_pool',
    seed,
  }
}

function descriptionOf(source: SupplySource, count: number): string {
  switch (source.kind) {
    case 'audio':
      return `${count} files of ${source.folder}`
    case 'tones':
      return `${source.count} tones of ${source.seconds} s: speed is measured, not accuracy`
    case 'prompts':
      return `${plural(count, 'line')} of ${source.path}`
  }
}
