import { describe, expect, test } from 'vitest'
import { TokenwrightError } from '../../core/errors.ts'
import { costCommand } from './cost.ts'
import { answerCost, costJson } from './cost-answer.ts'
import type { CostOptions } from './cost-options.ts'
import { readQuestion } from './cost-question.ts'
import { costText } from './cost-text.ts'

/** Options as commander reads them from a command line. */
function options(line: string): CostOptions {
  const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(match => match[1] ?? match[2]!)
  const command = costCommand().exitOverride()
  command.action(() => {})
  command.parse(words, { from: 'user' })
  return command.opts<CostOptions>()
}

const ask = async (line: string) => answerCost(await readQuestion(options(line)))

async function fault(line: string): Promise<TokenwrightError> {
  try {
    await ask(line)
  } catch (error) {
    if (error instanceof TokenwrightError) return error
    throw error
  }
  throw new Error(`expected a TokenwrightError from: ${line}`)
}

const base = '--usd-per-hour 2.5 --devices 8 --tokens-per-second 12000'

test("NVIDIA's H200 and GB300 by command line", async () => {
  const h200 = await ask(
    '--usd-per-hour 1.41 --tokens-per-second 93.25 --watts-per-device 1730 --power-basis utility',
  )
  expect(h200.hourly.perMillionTokens.blended).toBeCloseTo(4.2, 2)
  expect(h200.perWatt).toHaveLength(1)
  expect(h200.perWatt[0]!.basis).toBe('utility')
  expect(h200.perWatt[0]!.tokensPerSecondPerMegawatt).toBeCloseTo(53_900, -2)
  const gb300 = await ask('--usd-per-hour 2.652 --tokens-per-second 6000 --watts 2.1kW --power-basis utility')
  expect(gb300.hourly.perMillionTokens.blended).toBeCloseTo(0.1228, 4)
  expect(gb300.perWatt[0]!.tokensPerSecondPerMegawatt).toBeCloseTo(2_857_143, 0)
})

test('input from lengths and input from its rate are the same question', async () => {
  const byLength = await ask(`${base} --isl 4k --osl 1k --cached 3k`)
  const byRate = await ask(`${base} --input-tokens-per-second 48000 --cached 75%`)
  expect(byLength.hourly).toEqual(byRate.hourly)
  expect(byLength.hourly.servedTokensPerSecond).toMatchObject({ uncachedInput: 12_000, cachedInput: 36_000 })
})

test('every row and line adds up to the bill, in text and JSON', async () => {
  const answer = await ask(
    `${base} --isl 4k --osl 1k --cached 50% --watts 9kW --pue 1.25 --electricity 0.06 --extra "staff=3.5/h" --extra licence=$730/month --availability 98% --demand-shape office-generic --operating-point 80%`,
  )
  const bill = answer.rate.nanoUsdPerHour
  expect(bill).toBe(20_000_000_000n + 675_000_000n + 3_500_000_000n + 1_000_000_000n)
  const json = JSON.parse(costJson(answer))
  const total = (rows: { nanoUsdPerHour: string }[]) =>
    rows.reduce((sum, row) => sum + BigInt(row.nanoUsdPerHour), 0n)
  expect(total(json.iceberg)).toBe(bill)
  expect(total(json.lines)).toBe(bill)
  expect(json.nanoUsdPerHour).toBe(bill.toString())
  expect(json.utilisation).toMatchObject({ availability: 0.98, operatingPoint: 0.8 })
  const text = costText(answer)
  for (const needle of [
    '$25.175 per hour',
    '~~~ waterline ~~~',
    'idle: no demand',
    'operating point below peak',
    'staff, at work',
  ])
    expect(text).toContain(needle)
})

test('the three allocations, each declared in the answer', async () => {
  const traffic = `${base} --isl 1k --osl 1k`
  const ratio = await ask(`${traffic} --output-price-ratio 5`)
  expect(ratio.hourly.perMillionTokens.output! / ratio.hourly.perMillionTokens.uncachedInput!).toBeCloseTo(
    5,
    6,
  )
  const time = await ask(`${traffic} --prefill-share 25%`)
  expect(time.hourly.allocation).toMatchObject({
    method: 'engine-time',
    uncachedInputNanoUsd: 5_000_000_000n,
  })
  const pool = await ask(`${traffic} --prefill-devices 2 --load-factor 0.5`)
  expect(pool.hourly.allocation).toMatchObject({
    method: 'pool',
    uncachedInputNanoUsd: 2_500_000_000n,
    outputNanoUsd: 7_500_000_000n,
    idleNanoUsd: 10_000_000_000n,
  })
})

test('hardware of the catalog brings price, power and PUE', async () => {
  const answer = await ask(
    '--hardware h200 --tier reserved --devices 8 --tokens-per-second 12000 --electricity us-tx',
  )
  expect(answer.rate.nanoUsdPerHour > 0n).toBe(true)
  expect(answer.perWatt.map(entry => entry.basis)).toEqual(['it-all-in', 'utility'])
  expect(answer.carbonGramsPerMillionTokens).toBeGreaterThan(0)
  expect(answer.question.notes.join('\n')).toMatch(/price .*h200/)
})

test('a region takes its prices, or is refused', async () => {
  const line = '--hardware h100 --tier on-demand --devices 8 --tokens-per-second 12000'
  const answer = await ask(`${line} --region us-east-1`)
  expect(answer.question.rateInput.devices[0]!.price.region).toMatch(/^us-east-1/)
  const near = await fault(`${line} --region us-est-1`)
  expect(near).toMatchObject({ code: 'unknown-entry', where: '--region' })
  expect(near.message).toMatch(/no on-demand price of h100-sxm in "us-est-1"/)
  expect(near.fix).toMatch(/did you mean us-east-1.*regions with a price: /)
  // Germany has a tariff, but no price of this device.
  expect(await fault(`${line} --region germany`)).toMatchObject({ code: 'unknown-entry', where: '--region' })
  const owned = await fault('--hardware b200 --tier owned --tokens-per-second 9 --region us')
  expect(owned.fix).toMatch(/leave --region out/)
})

test('what nobody stated is not counted, and said so', async () => {
  const answer = await ask(`${base} --energy-included no`)
  const named = answer.iceberg.notCounted.map(entry => entry.component)
  expect(named).toEqual(expect.arrayContaining(['energy', 'idle', 'availability']))
  expect(costText(answer)).toContain('the IT power and the electricity tariff is not known')
  const board = await ask(`${base} --energy-included no --electricity 0.06 --watts 5kW --power-basis board`)
  expect(board.iceberg.notCounted.map(entry => entry.reason).join()).toMatch(/only board power.*no --pue/)
})

test('a price of 0 is said to be given; one device is one device', async () => {
  expect(costText(await ask('--usd-per-hour 0 --tokens-per-second 9'))).toMatch(
    /^\$0 \(the price given is 0\) per million/,
  )
  const pool = await ask(
    '--usd-per-hour 2 --devices 2 --tokens-per-second 9 --isl 1k --osl 1k --prefill-devices 1',
  )
  expect(pool.question.allocation.statement).toMatch(
    /1 prefill device pays for input .* 1 decode device for output/,
  )
})

test('demand shapes: id, 24 numbers, with and without autoscaling', async () => {
  const day = `${Array(12).fill(1).join(',')},${Array(12).fill('0.5').join(',')}`
  const peak = await ask(`${base} --demand-shape ${day}`)
  expect(peak.question.utilisation.factors.demandFill).toBeCloseTo(0.75, 12)
  const scaled = await ask(`${base} --demand-shape ${day} --autoscale-floor 20%`)
  expect(scaled.question.utilisation.factors.demandFill).toBe(1)
  expect(scaled.question.notes.join()).toContain('peak hour')
})

describe('flags that are missing, contradict each other or make no sense', () => {
  const cases: [string, string, string, RegExp][] = [
    ['no price', '--tokens-per-second 100', 'usage', /--usd-per-hour 2.5/],
    ['no throughput', '--usd-per-hour 2', 'usage', /12000/],
    ['two prices', `${base} --hardware h200 --tier spot`, 'usage', /one of the two/],
    ['tier without hardware, own price', `${base} --tier spot`, 'usage', /one of the two/],
    ['two powers', `${base} --watts 9kW --watts-per-device 1kW`, 'usage', /one of the two/],
    ['two inputs', `${base} --isl 1k --osl 1k --input-tokens-per-second 5`, 'usage', /one of the two/],
    ['two fills', `${base} --load-factor 0.5 --demand-shape office-generic`, 'usage', /one of the two/],
    [
      'two allocations',
      `${base} --isl 1k --osl 1k --prefill-share 0.3 --output-price-ratio 4`,
      'usage',
      /one of/,
    ],
    ['half a length', `${base} --isl 1k`, 'usage', /--osl/],
    ['cached without input', `${base} --cached 50%`, 'usage', /--isl/],
    ['more cached than there is', `${base} --isl 1k --osl 1k --cached 2k`, 'usage', /1000 or less/],
    ['basis without power', `${base} --power-basis board`, 'usage', /--watts/],
    ['allocation without input', `${base} --prefill-share 30%`, 'usage', /--isl/],
    [
      'all devices prefill',
      `${base} --isl 1k --osl 1k --prefill-devices 8`,
      'usage',
      /less than --devices 8/,
    ],
    [
      'energy of a catalog price',
      '--hardware h200 --tokens-per-second 9 --energy-included no',
      'usage',
      /--usd-per-hour/,
    ],
    ['unknown basis', `${base} --watts 9kW --power-basis wall`, 'usage', /utility/],
    ['unknown tier', '--hardware h200 --tier cheap --tokens-per-second 9', 'usage', /on-demand/],
    ['unknown hardware', '--hardware h2000 --tokens-per-second 9', 'unknown-accelerator', /h200/],
    ['unknown shape', `${base} --demand-shape office`, 'unknown-entry', /office-generic/],
    ['shape of 3 hours', `${base} --demand-shape 1,2,3`, 'number', /24/],
    ['missing shape file', `${base} --demand-shape nowhere.csv`, 'file', /24 numbers/],
    ['negative price', '--usd-per-hour=-2 --tokens-per-second 9', 'number', /2\.50/],
    ['absurd price', '--usd-per-hour 1e6 --tokens-per-second 9', 'number', /10000/],
    ['absurd power', `${base} --watts 1GW`, 'number', /100000/],
    ['absurd throughput', '--usd-per-hour 2 --tokens-per-second 1e11', 'number', /per second and device/],
    ['zero throughput', '--usd-per-hour 2 --tokens-per-second 0', 'number', /output tokens/],
    ['no devices', '--usd-per-hour 2 --tokens-per-second 9 --devices 0', 'number', /1 or more/],
    ['half a device', '--usd-per-hour 2 --tokens-per-second 9 --devices 1.5', 'number', /write 2/],
    ['PUE below 1', `${base} --pue 0.9`, 'number', /from 1/],
    ['load factor as bare per cent', `${base} --load-factor 60`, 'unit', /60%/],
    ['load factor 0', `${base} --load-factor 0`, 'number', /above 0/],
    ['extra without period', `${base} --extra staff=3.5`, 'unit', /\$3\.5\/h/],
    ['extra without name', `${base} --extra 3.5/h`, 'usage', /staff=3\.5/],
    ['throughput in fortnights', '--usd-per-hour 2 --tokens-per-second 9/fortnight', 'unit', /\/s/],
  ]
  test.each(cases)('%s', async (_, line, code, fix) => {
    const error = await fault(line)
    expect(error.code).toBe(code)
    expect(error.fix).toMatch(fix)
    expect(error.where).toBeTruthy()
  })
})

test('help shows examples, and the examples work', async () => {
  let help = ''
  costCommand()
    .configureOutput({ writeOut: text => (help += text) })
    .outputHelp()
  const lines = [...help.matchAll(/\$ tokenwright cost (.*)$/gm)].map(match => match[1]!)
  expect(lines.length).toBeGreaterThanOrEqual(4)
  for (const line of lines) expect((await ask(line)).rate.nanoUsdPerHour > 0n).toBe(true)
})
