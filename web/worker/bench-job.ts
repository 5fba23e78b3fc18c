/** Runs compared as `tokenwright compare` does, and results of other tools read as it reads them. */
import { TokenwrightError } from '../../src/core/errors.ts'
import { megabytes } from '../../src/dashboard/run-list.ts'
import type { ImportedRun } from '../../src/measure/interop/imported-run.ts'
import { type MeasuredFile, measuredText } from '../../src/measure/interop/measured-file.ts'
import { importFolder, resultEndings } from '../../src/measure/interop/measured-folder.ts'
import { compareRuns } from '../../src/measure/run-comparison.ts'
import type { ComparisonAnswer, ImportAnswer, RunFile, RunSide } from './bench-protocol.ts'
import { isTooLarge, textOf } from './run-text.ts'

export async function comparisonAnswer(a: RunSide, b: RunSide): Promise<ComparisonAnswer> {
  const notes: string[] = []
  const comparison = compareRuns(await sideOf('a', a, notes), await sideOf('b', b, notes))
  return { comparison, notes }
}

export async function importAnswer(side: RunSide): Promise<ImportAnswer> {
  const { runs } = await sideOf('it', side, [])
  return { runs: runs.map(run => ({ ...run, requests: null })) }
}

async function sideOf(
  letter: string,
  { name, files }: RunSide,
  notes: string[],
): Promise<{ readonly name: string; readonly runs: readonly ImportedRun[] }> {
  const wanted = files.filter(file => resultEndings.test(file.name))
  const large = wanted.filter(isTooLarge)
  for (const file of large) notes.push(leftOut(letter, file))
  const read = await Promise.all(
    wanted.filter(file => !large.includes(file)).map(file => measuredFileOf(name, file)),
  )
  if (read.length === 0)
    throw new TokenwrightError('measurements', 'no file of it can be read in a page', {
      where: name,
      fix: 'compare on the command line: tokenwright compare A B',
    })
  return { name, runs: importFolder(name, read, { chunks: false }) }
}

async function measuredFileOf(folder: string, file: RunFile): Promise<MeasuredFile> {
  return measuredText(`${folder}/${file.name}`, await textOf(file))
}

function leftOut(letter: string, { name, bytes }: RunFile): string {
  return (
    `${name} of ${letter} has ${megabytes(bytes)}, which is too much for a page: without it, figures are as sure as the rest of ` +
    'the run says. tokenwright compare reads it.'
  )
}
