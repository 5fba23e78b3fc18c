/** Answers of the gate's grid: four numbers, or why there are none. */
import type { CoefficientSet } from '../../src/perf/coefficients.ts'
import { predict } from '../../src/perf/predict.ts'
import type { GridQuestion } from './grid.ts'

export const answerNames = ['tpotMs', 'ttftMs', 'tokensPerSecondPerDevice', 'joulesPerOutputToken'] as const
export type AnswerName = (typeof answerNames)[number]

/** In the order of answerNames; or a reason. */
export type GateAnswer = readonly [number, number, number, number] | string

export type GateAnswers = ReadonlyMap<string, GateAnswer>

export function gateAnswers(questions: readonly GridQuestion[], coefficients: CoefficientSet): GateAnswers {
  return new Map(questions.map(question => [question.key, answerOf(question, coefficients)]))
}

/** A prediction that throws or is no finite number above zero fails like one that is refused. */
function answerOf(question: GridQuestion, coefficients: CoefficientSet): GateAnswer {
  const { modelId, architecture, accelerator, deployment, shape, concurrency } = question
  try {
    const result = predict({
      modelId,
      architecture,
      accelerator,
      deployment,
      shape,
      load: { kind: 'closed', concurrency, requests: null },
      coefficients,
    })
    if (!result.feasible) return result.reason
    const values = [
      result.tpot.meanMs,
      result.ttft.meanMs,
      result.totalTokensPerSecondPerDevice,
      result.joulesPerOutputToken,
    ] as const
    const broken = values.findIndex(value => !(Number.isFinite(value) && value > 0))
    if (broken >= 0) return `${answerNames[broken]} is ${values[broken]}`
    const [tpot, ttft, tokens, joules] = values.map(value => Number(value.toPrecision(4)))
    return [tpot!, ttft!, tokens!, joules!]
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    // One line in the file, whatever was thrown.
    return `throws: ${message.replaceAll(/\s+/g, ' ')}`
  }
}

/** Tab-separated, one question a line, so that a diff shows what moved: the key, then four numbers or the reason. */
export function answersText(answers: GateAnswers): string {
  const lines = [...answers].map(([key, answer]) =>
    [key, ...(typeof answer === 'string' ? [answer] : answer)].join('\t'),
  )
  return `${lines.join('\n')}\n`
}

export function answersOf(text: string): GateAnswers {
  const lines = text.split('\n').filter(line => line !== '')
  return new Map(
    lines.map(line => {
      const [key, ...fields] = line.split('\t') as [string, ...string[]]
      return [key, fields.length === 1 ? fields[0]! : numbersOf(fields)] as const
    }),
  )
}

function numbersOf(fields: readonly string[]): GateAnswer {
  const [tpot, ttft, tokens, joules] = fields.map(Number)
  return [tpot!, ttft!, tokens!, joules!]
}
