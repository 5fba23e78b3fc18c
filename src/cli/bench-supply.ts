/** Real prompts and real sounds in place of made-up words, from files. */
import { type AudioClip, readAudioFolder, toneClips } from '../bench/audio/audio-folder.ts'
import { promptSession, readPromptFile } from '../bench/prompts/prompt-file.ts'
import type { PromptSupply } from '../bench/request-wording.ts'
import { present } from '../core/assert.ts'
import { plural } from '../report/format-number.ts'
import type { BenchFlags } from './bench-flags.ts'
import { isPromptFile } from './bench-load.ts'

export interface SuppliedPrompts {
  readonly supply: PromptSupply
  /** Of a request, for scoring; null when the prompts are no sounds. */
  readonly clipOf: ((requestId: number) => AudioClip) | null
  readonly description: string
}

/** Null: words are made up. */
export async function suppliedPrompts(flags: BenchFlags, seed: string): Promise<SuppliedPrompts | null> {
  if (flags.endpoint === 'transcription') return sounds(flags)
  if (!isPromptFile(flags) || flags.inputFile === undefined) return null
  return prompts(flags.inputFile, flags.customDatasetType === 'random_pool', seed)
}

/** Without a folder: tones, which say how quick the server is and not how well it hears. Lengths are assumed. */
const standardTones = { count: 16, seconds: 15 }

function sounds({ audio }: BenchFlags): SuppliedPrompts {
  const clips =
    audio === undefined ? toneClips(standardTones.count, standardTones.seconds) : readAudioFolder(audio).clips
  const clipOf = (requestId: number) => present(clips[requestId % clips.length], 'a folder has clips')
  return {
    clipOf,
    description:
      audio === undefined
        ? `${standardTones.count} tones of ${standardTones.seconds} s: speed is measured, not accuracy`
        : `${clips.length} files of ${audio}`,
    supply: {
      of({ id }) {
        const clip = clipOf(id)
        return {
          prompt: { kind: 'audio', fileName: clip.fileName, bytes: clip.load(), seconds: clip.seconds },
          outputTokens: null,
          extra: clip.language === '' ? {} : { language: clip.language },
        }
      },
    },
  }
}

async function prompts(path: string, shuffled: boolean, seed: string): Promise<SuppliedPrompts> {
  const pools = await readPromptFile(path)
  const lines = pools.reduce((sum, { sessions }) => sum + sessions.length, 0)
  return {
    clipOf: null,
    description: `${plural(lines, 'line')} of ${path}`,
    supply: {
      of({ id, session, turn }) {
        const { turns } = promptSession(pools, session >= 0 ? session : id, seed, shuffled)
        // A workload's session may be longer than that of the file: it then begins again.
        const { prompt, outputTokens, extra } = turns[turn % turns.length]!
        return { prompt, outputTokens, extra }
      },
    },
  }
}
