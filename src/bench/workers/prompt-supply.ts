/** The user's own prompts and sounds, opened from where they lie: every thread that sends opens them for itself. */
import { basename } from 'node:path'
import { present } from '../../core/assert.ts'
import { primaryLanguage } from '../../measure/transcription-text.ts'
import { type AudioClip, readAudioFolder, toneClips } from '../audio/audio-folder.ts'
import { promptSession, readPromptFile } from '../prompts/prompt-file.ts'
import type { PromptSupply } from '../request-wording.ts'

export type SupplySource =
  | { readonly kind: 'audio'; readonly folder: string }
  | { readonly kind: 'tones'; readonly count: number; readonly seconds: number }
  | { readonly kind: 'prompts'; readonly path: string; readonly shuffled: boolean; readonly seed: string }

export interface OpenedSupply {
  readonly supply: PromptSupply
  /** Of a request, for scoring; null when the prompts are no sounds. */
  readonly clipOf: ((requestId: number) => AudioClip) | null
  /** Clips, or lines of prompts. */
  readonly count: number
}

/** @throws TokenwrightError when a file cannot be read, naming it. */
export async function openSupply(source: SupplySource): Promise<OpenedSupply> {
  switch (source.kind) {
    case 'audio':
      return sounds(readAudioFolder(source.folder).clips)
    case 'tones':
      return sounds(toneClips(source.count, source.seconds).map(kept))
    case 'prompts':
      return prompts(source)
  }
}

/** Made once: half a megabyte of tone takes longer to make than a request may be late. */
function kept(clip: AudioClip): AudioClip {
  const bytes = clip.load()
  return { ...clip, load: () => bytes }
}

function sounds(clips: readonly AudioClip[]): OpenedSupply {
  const clipOf = (requestId: number) => present(clips[requestId % clips.length], 'a folder has clips')
  return {
    clipOf,
    count: clips.length,
    supply: {
      of({ id }) {
        const clip = clipOf(id)
        return {
          prompt: {
            kind: 'audio',
            fileName: basename(clip.fileName),
            bytes: clip.load(),
            seconds: clip.seconds,
          },
          outputTokens: null,
          extra: languageField(clip.language),
        }
      },
    },
  }
}

/** ISO 639-1, as OpenAI wants it; what has no such code is left for the model to find out. */
function languageField(language: string): Readonly<Record<string, string>> {
  const code = primaryLanguage(language)
  return code.length === 2 ? { language: code } : {}
}

async function prompts({
  path,
  shuffled,
  seed,
}: Extract<SupplySource, { kind: 'prompts' }>): Promise<OpenedSupply> {
  const pools = await readPromptFile(path)
  return {
    clipOf: null,
    count: pools.reduce((sum, { sessions }) => sum + sessions.length, 0),
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
