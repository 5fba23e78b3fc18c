/** A workload described in YAML or JSON: phases, mixes, ramps, days (docs/models/workload.md). */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { parse } from 'yaml'
import { TokenwrightError } from '../core/errors.ts'
import { fileFault } from '../core/file-fault.ts'
import { RandomSource } from '../core/random.ts'
import { formatCount, plural } from '../report/format-number.ts'
import { createJointLengths } from '../workload/joint-lengths.ts'
import { createLength } from '../workload/lengths.ts'
import { createWorkload, type WorkloadSpec } from '../workload/synthetic.ts'
import type { DescribedWorkload } from './prepared-workload.ts'

export function readWorkloadFile(path: string): DescribedWorkload {
  const spec = parsed(path)
  // Its faults name the field; the file is named here.
  located(path, () => createWorkload(spec, new RandomSource('check')))
  const leaves = leavesOf(spec)
  const mean = (of: (leaf: LeafLengths) => number) =>
    leaves.reduce((sum, leaf) => sum + of(leaf), 0) / leaves.length
  const inputTokens = mean(leaf => leaf.inputTokens)
  const outputTokens = mean(leaf => leaf.outputTokens)
  const several = leaves.length > 1
  return {
    spec,
    facts: {
      kind: 'file',
      description: `${basename(path)}: ${several ? `${leaves.length} workloads in ${spec.kind}` : spec.kind}`,
      lengths:
        `${plural(inputTokens, 'token')} in, ${formatCount(outputTokens)} out on average` +
        (several ? ' of its parts' : ''),
    },
    shape: { inputTokens, outputTokens, cachedTokens: 0, inputVariation: 0, outputVariation: 0 },
    load: null,
    shares: leaves.some(leaf => leaf.shares),
    notes: [],
  }
}

function parsed(path: string): WorkloadSpec {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw fileFault(error, 'read the workload', { where: path, fix: 'give the path of a YAML or JSON file' })
  }
  try {
    return parse(text) as WorkloadSpec
  } catch (error) {
    const message = error instanceof Error ? error.message.split('\n')[0]! : String(error)
    throw new TokenwrightError('file', `not valid YAML: ${message}`, {
      where: path,
      fix: 'docs/models/workload.md shows the form',
    })
  }
}

function located(path: string, check: () => unknown): void {
  try {
    check()
  } catch (error) {
    if (!(error instanceof TokenwrightError)) throw error
    throw new TokenwrightError('usage', error.message, {
      where: `${path}: ${error.where ?? 'workload'}`,
      ...(error.fix === undefined ? {} : { fix: error.fix }),
    })
  }
}

interface LeafLengths {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly shares: boolean
}

/** Mean lengths of every part, after the description was checked. */
function leavesOf(spec: WorkloadSpec): LeafLengths[] {
  switch (spec.kind) {
    case 'mix':
      return spec.parts.flatMap(part => leavesOf(part.workload))
    case 'phases':
      return spec.phases.flatMap(phase => leavesOf(phase.workload))
    case 'sessions': {
      const first = createLength(spec.firstInput, 'firstInput', 'tokens').mean
      const output = createLength(spec.output, 'output', 'tokens').mean
      const next =
        spec.nextInput === undefined ? first : createLength(spec.nextInput, 'nextInput', 'tokens').mean
      const turns = createLength(spec.turns, 'turns', 'turns').mean
      return [
        { inputTokens: first + ((turns - 1) / 2) * (next + output), outputTokens: output, shares: true },
      ]
    }
    default: {
      const { inputMean, outputMean } = createJointLengths(spec.lengths, 'lengths')
      return [{ inputTokens: inputMean, outputTokens: outputMean, shares: spec.prefix !== undefined }]
    }
  }
}
