import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Neighbour, type NeighbourQuestion, neighbourFinder } from './neighbours.ts'

const of = <T>(...values: T[]) => fc.constantFrom(...values)
const sizes = {
  devices: fc.integer({ min: 1, max: 16 }),
  inputTokens: fc.integer({ min: 1, max: 9000 }),
  outputTokens: fc.integer({ min: 1, max: 3000 }),
  concurrency: fc.integer({ min: 1, max: 512 }),
}
const kinds = {
  engine: of('vllm' as const, 'sglang' as const),
  precision: of('fp8', 'nvfp4'),
  mode: of('aggregated' as const, 'disaggregated' as const),
}
const neighbours = fc.record({
  model: of('m', 'n'),
  accelerator: of('h100', 'h200', 'b200'),
  layout: of('TP4', 'TP8'),
  ...kinds,
  ...sizes,
  tpotMs: fc.constant(10),
  ttftMs: fc.constant(100),
  predictedTpotMs: fc.constant(11),
  date: fc.constant(null),
}) satisfies fc.Arbitrary<Neighbour>
const questions = fc.record({
  modelId: of('m', 'n', 'o'),
  acceleratorId: of('h100', 'b200'),
  generation: of('hopper', 'blackwell'),
  ...kinds,
  ...sizes,
}) satisfies fc.Arbitrary<NeighbourQuestion>

const generationOf = (acceleratorId: string) => (acceleratorId.startsWith('h') ? 'hopper' : 'blackwell')

/** As the docstring has it, without a thought for time. */
function distanceOf(question: NeighbourQuestion, point: Neighbour): number {
  const ratio = (a: number, b: number) => Math.abs(Math.log(Math.max(a, 1) / Math.max(b, 1)))
  const otherDevice = generationOf(point.accelerator) === question.generation ? 0.5 : 1
  return (
    (question.modelId === point.model ? 0 : 1) +
    (question.acceleratorId === point.accelerator ? 0 : otherDevice) +
    (question.engine === point.engine ? 0 : 0.25) +
    (question.precision === point.precision ? 0 : 0.25) +
    (question.mode === point.mode ? 0 : 0.25) +
    0.1 * ratio(question.devices, point.devices) +
    0.1 * ratio(question.inputTokens, point.inputTokens) +
    0.05 * ratio(question.outputTokens, point.outputTokens) +
    0.1 * ratio(question.concurrency / question.devices, point.concurrency / point.devices)
  )
}

test('finds the nearest of every configuration, nearest first, and leaves none out that is nearer', () => {
  const property = fc.property(
    fc.array(neighbours, { minLength: 1, maxLength: 40 }),
    questions,
    fc.integer({ min: 1, max: 4 }),
    (points, question, limit) => {
      const best = new Map<string, number>()
      for (const point of points) {
        const { model, accelerator, engine, precision, layout } = point
        const key = [model, accelerator, engine, precision, layout].join()
        const distance = distanceOf(question, point)
        best.set(key, Math.min(distance, best.get(key) ?? Number.POSITIVE_INFINITY))
      }
      const expected = [...best.values()].sort((a, b) => a - b).slice(0, limit)
      const found = neighbourFinder(points, generationOf)(question, limit)
      expect(found.map(({ distance }) => distance)).toEqual(expected)
      for (const { neighbour, distance } of found) expect(distanceOf(question, neighbour)).toBe(distance)
    },
  )
  fc.assert(property, { numRuns: 300 })
})
