import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { readAudioFolder, toneClips } from './audio-folder.ts'
import { parseReferences } from './reference-texts.ts'
import { makeTone } from './tone.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** A folder with these files; a number stands for a tone of so many seconds. */
function folderOf(files: Readonly<Record<string, string | number>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'tokenwright-audio-'))
  folders.push(folder)
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), typeof content === 'number' ? makeTone(content) : content)
  }
  return folder
}

const known = (folder: string) =>
  readAudioFolder(folder).clips.map(clip => [clip.fileName, clip.language, clip.reference])

test('sounds, lengths, texts beside them', () => {
  const folder = folderOf({
    'b.wav': 0.5,
    'a.WAV': 0.25,
    'b.txt': '\uFEFFHello there.\n',
    'readme.md': 'no sound',
    '.hidden/c.wav': 1,
  })
  const found = readAudioFolder(folder)
  expect(found).toMatchObject({ audioSeconds: 0.75, referenced: 1, referencesWithoutAudio: 0 })
  expect(known(folder)).toEqual([
    ['a.WAV', '', null],
    ['b.wav', '', 'Hello there.'],
  ])
  expect(found.clips[1]).toMatchObject({ seconds: 0.5, bytes: 44 + 16_000 })
  expect(found.clips[1]!.load()).toEqual(Buffer.from(makeTone(0.5)))
})

test('a table with languages, as Common Voice has them', () => {
  const folder = folderOf({
    'transcripts.tsv': 'path\tsentence\tlocale\none.wav\tSagte er "ja"?\tde\nabsent.wav\tx\tde\n',
    'clips/one.wav': 0.1,
    'en/two.wav': 0.1,
    'en/dev/three.wav': 0.1,
  })
  expect(known(folder)).toEqual([
    ['clips/one.wav', 'de', 'Sagte er "ja"?'],
    ['en/dev/three.wav', 'en', null],
    ['en/two.wav', 'en', null],
  ])
  expect(readAudioFolder(folder).referencesWithoutAudio).toBe(1)
})

test('LibriSpeech, NeMo manifests and Hugging Face folders', () => {
  expect(
    known(
      folderOf({
        '84/121/84-121.trans.txt': '84-121-0000 GO DO YOU HEAR\n84-121-0001 BUT IN LESS\n',
        '84/121/84-121-0000.wav': 0.1,
        '84/121/84-121-0001.wav': 0.1,
      }),
    ),
  ).toEqual([
    ['84/121/84-121-0000.wav', '', 'GO DO YOU HEAR'],
    ['84/121/84-121-0001.wav', '', 'BUT IN LESS'],
  ])
  expect(
    known(
      folderOf({
        'transcripts.jsonl':
          '{"audio_filepath": "/data/set/a.wav", "duration": 1, "text": "salut", "lang": "fr"}\n',
        'a.wav': 0.1,
      }),
    ),
  ).toEqual([['a.wav', 'fr', 'salut']])
  expect(
    known(folderOf({ 'metadata.csv': 'file_name,transcription\n"x/a.wav","one, two"\n', 'x/a.wav': 0.1 })),
  ).toEqual([['x/a.wav', '', 'one, two']])
})

test('the text beside a sound wins over a table', () => {
  const folder = folderOf({
    'transcripts.tsv': 'file\ttext\tlanguage\na\tfrom the table\tnl\n',
    'a.wav': 0.1,
    'a.txt': 'from beside',
  })
  expect(known(folder)).toEqual([['a.wav', 'nl', 'from beside']])
})

test('a name that could be two files is refused; a path is not', () => {
  const twins = { 'de/a.wav': 0.1, 'fr/a.wav': 0.1 }
  expect(() => known(folderOf({ ...twins, 'transcripts.tsv': 'file\ttext\na.wav\tx\n' }))).toThrow(
    /de\/a\.wav or fr\/a\.wav/,
  )
  expect(known(folderOf({ ...twins, 'transcripts.tsv': 'file\ttext\nfr/a.wav\tx\n' }))).toEqual([
    ['de/a.wav', 'de', null],
    ['fr/a.wav', 'fr', 'x'],
  ])
  // A table knows the files of its own folder best.
  expect(known(folderOf({ ...twins, 'fr/transcripts.tsv': 'file\ttext\na.wav\tx\n' }))[1]).toEqual([
    ...['fr/a.wav', 'fr', 'x'],
  ])
})

test('bad input', () => {
  expect(() => readAudioFolder('/no/such/folder')).toThrow(/no such file/)
  expect(() => readAudioFolder(folderOf({ 'a.txt': 'x' }))).toThrow(/no sound file/)
  expect(() => readAudioFolder(folderOf({ 'a.wav': 'not a sound' }))).toThrow(/how long a\.wav/)
  expect(() => parseReferences('file\tlength\na\t1\n', 'transcripts.tsv')).toThrow(/no column for the text/)
  expect(() => parseReferences('file\ttext\n\tx\n', 'transcripts.tsv')).toThrow(/names no sound file/)
  expect(() => parseReferences('file\ttext\na.wav\n', 'transcripts.tsv')).toThrow(/has no text/)
  expect(() => parseReferences('{"file": "a"}', 'transcripts.jsonl')).toThrow(/has no text/)
  expect(() => parseReferences('[1]', 'transcripts.jsonl')).toThrow(/no object/)
  expect(() => parseReferences('{', 'metadata.jsonl')).toThrow(/no JSON/)
  expect(() => parseReferences('lonely\n', 'x.trans.txt')).toThrow(/no text behind/)
  expect(parseReferences('', 'transcripts.tsv')).toEqual([])
})

test('generated tones', () => {
  const clips = toneClips(3, 0.2)
  expect(clips.map(clip => clip.fileName)).toEqual(['tone-0.wav', 'tone-1.wav', 'tone-2.wav'])
  expect(new Set(clips.map(clip => Buffer.from(clip.load()).toString('base64'))).size).toBe(3)
  expect(clips[0]).toMatchObject({ seconds: 0.2, bytes: clips[0]!.load().length, reference: null })
})
