/** The sound files of a folder, how long each plays, in which language, and what is said in it where that is known. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, sep } from 'node:path'
import { TokenwrightError } from '../../core/errors.ts'
import { fileFault } from '../../core/file-fault.ts'
import { audioEndings, audioSeconds } from './audio-length.ts'
import { holdsReferences, parseReferences, type ReferenceText } from './reference-texts.ts'
import { makeTone } from './tone.ts'

/** One sound to be transcribed. */
export interface AudioClip {
  /** Path below the folder, with slashes. */
  readonly fileName: string
  /** As it was written (`de`, `en_us`); '' when nothing says it. */
  readonly language: string
  readonly seconds: number
  readonly bytes: number
  /** What is said; null when it is not known. */
  readonly reference: string | null
  /** Its bytes; read anew each time, so that a data set need not fit into memory. */
  load(): Uint8Array
}

export interface AudioFolder {
  /** By name. */
  readonly clips: readonly AudioClip[]
  readonly audioSeconds: number
  /** Clips whose text is known. */
  readonly referenced: number
  /** Reference texts for which there is no sound file: part of a data set may lie elsewhere. */
  readonly referencesWithoutAudio: number
}

/**
 * All sound files below a folder. The text of `a.wav` is in `a.txt` beside it, or in a table (transcripts.tsv, .csv, .jsonl,
 * metadata.csv, .jsonl, *.trans.txt as in LibriSpeech); `a.txt` wins. Its language is the one the table gives, or the
 * nearest folder above it that is named by a language tag (`de`, `en-US`, `cmn_hans_cn`).
 * @throws TokenwrightError `file` when the folder or a file cannot be read, or there is no sound; `measurements` when a table cannot
 */
export function readAudioFolder(folder: string): AudioFolder {
  const paths = listFiles(folder)
  const sounds = paths.filter(path => audioEndings.some(ending => path.toLowerCase().endsWith(ending)))
  if (sounds.length === 0) {
    throw new TokenwrightError('file', 'there is no sound file in the folder', {
      where: folder,
      fix: `put files in it that end in ${audioEndings.join(', ')}, or measure with generated tones`,
    })
  }
  const { references, unmatched } = matchReferences(folder, paths, sounds)
  const texts = new Set(paths.filter(path => path.endsWith('.txt')))
  let seconds = 0
  const clips = sounds.map(path => {
    const load = () => readWhole(folder, path)
    const file = load()
    const length = audioSeconds(file, path)
    seconds += length
    const listed = references.get(path)
    const ownText = `${withoutEnding(path)}.txt`
    const own = texts.has(ownText)
      ? readWhole(folder, ownText)
          .toString('utf8')
          .replace(/^\uFEFF/, '')
          .trim()
      : null
    return {
      fileName: path,
      language: listed?.language || languageOfFolders(path),
      seconds: length,
      bytes: file.length,
      reference: own ?? listed?.text ?? null,
      load,
    }
  })
  return {
    clips,
    audioSeconds: seconds,
    referenced: clips.filter(clip => clip.reference !== null).length,
    referencesWithoutAudio: unmatched,
  }
}

/** Generated sounds (see makeTone), all of one length and different from each other. */
export function toneClips(count: number, seconds: number): AudioClip[] {
  return Array.from({ length: count }, (_, number) => {
    const load = () => makeTone(seconds, number)
    return {
      fileName: `tone-${number}.wav`,
      language: '',
      seconds,
      bytes: load().length,
      reference: null,
      load,
    }
  })
}

/** Paths with slashes, sorted; nothing hidden. */
function listFiles(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(entry => join(entry.parentPath, entry.name).slice(join(folder, sep).length).split(sep).join('/'))
      .filter(path => !path.split('/').some(part => part.startsWith('.')))
      .sort()
  } catch (error) {
    throw fileFault(error, 'read the folder of sound files', {
      where: folder,
      fix: 'name a folder that exists',
    })
  }
}

function readWhole(folder: string, path: string): Buffer {
  try {
    return readFileSync(join(folder, path))
  } catch (error) {
    throw fileFault(error, `read ${path}`, { where: join(folder, path) })
  }
}

interface MatchedReferences {
  readonly references: ReadonlyMap<string, ReferenceText>
  readonly unmatched: number
}

function matchReferences(
  folder: string,
  paths: readonly string[],
  sounds: readonly string[],
): MatchedReferences {
  const tables = paths.filter(path => holdsReferences(basename(path)))
  const references = new Map<string, ReferenceText>()
  let unmatched = 0
  const byName = new Map<string, string[]>()
  for (const sound of sounds) {
    for (const name of [sound, withoutEnding(sound)]) {
      for (const key of [name, `*/${basename(name)}`]) byName.set(key, [...(byName.get(key) ?? []), sound])
    }
  }
  for (const table of tables) {
    const home = dirname(table) === '.' ? '' : `${dirname(table)}/`
    for (const reference of parseReferences(readWhole(folder, table).toString('utf8'), table)) {
      const sound = soundOf(reference.file, home, byName, table)
      if (sound === null) unmatched++
      else references.set(sound, reference)
    }
  }
  return { references, unmatched }
}

/** As a path from its table, from the folder, or by its mere name: tables often hold paths of another machine. */
function soundOf(
  name: string,
  home: string,
  byName: ReadonlyMap<string, readonly string[]>,
  table: string,
): string | null {
  const path = name.replaceAll('\\', '/').replace(/^\.\//, '')
  const exact = byName.get(home + path) ?? byName.get(path)
  if (exact !== undefined) return exact[0]!
  const alike = (byName.get(`*/${basename(path)}`) ?? []).filter(sound => sound.startsWith(home))
  if (alike.length > 1) {
    throw new TokenwrightError('measurements', `${name} could be ${alike.slice(0, 3).join(' or ')}`, {
      where: table,
      fix: 'write its path from the folder of the table',
    })
  }
  return alike[0] ?? null
}

function withoutEnding(path: string): string {
  return path.replace(/\.[^./]+$/, '')
}

/** Two letters, or two or three with a region or script: `dev` and `wav` are no languages. */
const languageTag = /^([a-z]{2}|[a-z]{2,3}([-_][a-z]{2,4}){1,2})$/i

function languageOfFolders(path: string): string {
  return (
    path
      .split('/')
      .slice(0, -1)
      .findLast(part => languageTag.test(part)) ?? ''
  )
}
