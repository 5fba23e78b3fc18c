/** Throughput by token class, how full the machines are, and how the bill is shared: from flags. */
import { readFileSync } from 'node:fs'
import type { FactsCatalog } from '../../catalog/index.ts'
import { TokenwrightError } from '../../core/errors.ts'
import { fileFault } from '../../core/file-fault.ts'
import { nanoPerUsd } from '../../core/money.ts'
import { nearestNames } from '../../core/nearest-name.ts'
import {
  parseCount,
  parseFraction,
  parseNumber,
  parseRatePerSecond,
  parseTokenCount,
} from '../../core/parse-quantity.ts'
import {
  type AllocationWeights,
  demandFill,
  demandShape,
  marketPriceRatios,
  type TokenCounts,
  type Utilisation,
  utilisation,
  weightsByEngineTime,
  weightsByFixedRatio,
  weightsByPool,
} from '../../cost/index.ts'
import { plural } from '../../report/format-number.ts'
import { type CostOptions, type FlagName, flag, usage } from './cost-options.ts'

export type TokensPerSecond = Readonly<Record<keyof TokenCounts, number>>

/** Beyond any device that exists by three orders of magnitude: a slip of units. */
const maximumTokensPerSecondPerDevice = 1e8
const maximumPriceRatio = 1000

export function readThroughput(options: CostOptions, devices: number): TokensPerSecond {
  const output = rate(options, 'tokensPerSecond', devices)
  if (output === 0) {
    throw new TokenwrightError('number', 'a throughput of 0 has no cost per token', {
      where: flag('tokensPerSecond'),
      fix: 'give the output tokens per second of all devices together',
    })
  }
  const input = readInput(options, output, devices)
  const cached = input * readCachedShare(options)
  return { uncachedInput: input - cached, cachedInput: cached, output }
}

function readInput(options: CostOptions, output: number, devices: number): number {
  if (options.inputTokensPerSecond !== undefined) return rate(options, 'inputTokensPerSecond', devices)
  if (options.isl === undefined || options.osl === undefined) return 0
  const osl = parseTokenCount(options.osl, flag('osl'))
  if (osl === 0)
    throw usage('requests without output have no output throughput', flag('osl'), 'give 1 or more')
  return output * (parseTokenCount(options.isl, flag('isl')) / osl)
}

/** A share (`80%`, `0.8`), or a number of the prompt's tokens when --isl says how long it is. */
function readCachedShare({ cached, isl }: CostOptions): number {
  if (cached === undefined) return 0
  if (isl === undefined || /%|^\s*0?\.\d|^\s*[01]\s*$/.test(cached))
    return parseFraction(cached, flag('cached'))
  const tokens = parseTokenCount(cached, flag('cached'))
  const prompt = parseTokenCount(isl, flag('isl'))
  if (tokens > prompt) {
    throw usage(
      `more tokens cached (${tokens}) than a prompt has (${prompt})`,
      flag('cached'),
      `give ${prompt} or less, or a share such as 80%`,
    )
  }
  return tokens / prompt
}

/** The flag's name says tokens per second, so a bare number will do; `2M/min` works too. */
function rate(
  options: CostOptions,
  name: 'tokensPerSecond' | 'inputTokensPerSecond',
  devices: number,
): number {
  const text = options[name] ?? '0'
  const value = parseRatePerSecond(text.includes('/') ? text : `${text}/s`, flag(name))
  if (value > maximumTokensPerSecondPerDevice * devices) {
    throw new TokenwrightError(
      'number',
      `${text} tokens per second on ${plural(devices, 'device')} is absurdly large`,
      {
        where: flag(name),
        fix: `give less than ${maximumTokensPerSecondPerDevice} tokens per second and device`,
      },
    )
  }
  return value
}

export interface StatedUtilisation {
  readonly factors: Utilisation
  /** How each factor was reached, ready to print. */
  readonly statement: string
  readonly notes: readonly string[]
}

export function readUtilisation(options: CostOptions, catalog: FactsCatalog): StatedUtilisation {
  const availability = positiveShare(options, 'availability')
  const operatingPoint = positiveShare(options, 'operatingPoint')
  const demand = readDemandFill(options, catalog)
  const factors = utilisation({ availability, demandFill: demand.fill, operatingPoint })
  const said = (name: FlagName) => (options[name] === undefined ? ' (assumed)' : '')
  const statement =
    `availability ${round(availability)}${said('availability')} × demand fill ${round(demand.fill)}${demand.why}` +
    ` × operating point ${round(operatingPoint)}${options.operatingPoint === undefined ? ' (--tokens-per-second is taken as the operating point)' : ''}`
  return { factors, statement, notes: demand.notes }
}

function readDemandFill(
  options: CostOptions,
  catalog: FactsCatalog,
): { fill: number; why: string; notes: readonly string[] } {
  if (options.demandShape === undefined) {
    const why = options.loadFactor === undefined ? ' (assumed: always full)' : ''
    return { fill: positiveShare(options, 'loadFactor'), why, notes: [] }
  }
  const shape = readShape(options.demandShape, catalog)
  if (options.autoscaleFloor === undefined) {
    const { fill } = demandFill(shape, { kind: 'peak' })
    return { fill, why: ` (mean ÷ peak of ${shape.name}; capacity for the peak all day)`, notes: [] }
  }
  const floor = parseFraction(options.autoscaleFloor, flag('autoscaleFloor'))
  const { fill, meanCapacityShare } = demandFill(shape, { kind: 'autoscale', floor, headroom: 0 })
  return {
    fill,
    why: ` (mean demand ÷ mean capacity of ${shape.name}, autoscaled down to ${round(floor)} of the peak)`,
    notes: [
      `--devices and $/hour are those of the peak hour; the average hour buys ${round(meanCapacityShare)} of them. ` +
        'Cost per token already follows the average.',
    ],
  }
}

/** An id of the catalog, 24 comma-separated numbers, or a file with 24 numbers. */
function readShape(text: string, catalog: FactsCatalog) {
  const shapes = catalog.shapes.filter(shape => shape.kind === 'demand')
  const known = shapes.find(shape => shape.id === text.trim())
  if (known !== undefined) return demandShape(known.id, known.hourly)
  if (/\.(csv|txt)$/i.test(text)) return demandShape(text, hours(readText(text)))
  if (text.includes(',')) return demandShape('your 24 hours', hours(text))
  const ids = shapes.map(shape => shape.id)
  const near = nearestNames(text, ids)
  throw new TokenwrightError('unknown-entry', `unknown demand shape "${text}"`, {
    where: flag('demandShape'),
    fix: `${near.length > 0 ? `did you mean ${near.join(', ')}? ` : ''}known: ${ids.join(', ')}; or give 24 numbers separated by commas, or a .csv file`,
  })
}

function hours(text: string): number[] {
  return text
    .split(/[\s,;]+/)
    .filter(part => part !== '')
    .map(Number)
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw fileFault(error, 'read the demand shape', {
      where: path,
      fix: 'give a file with 24 numbers, separated by commas or lines',
    })
  }
}

export interface StatedAllocation {
  readonly weights: AllocationWeights
  readonly statement: string
}

/** The declared allocation; a fixed ratio of market prices unless another is asked for. */
export function readAllocation(
  options: CostOptions,
  tokens: TokensPerSecond,
  devices: number,
): StatedAllocation {
  const input = tokens.uncachedInput + tokens.cachedInput
  if (options.prefillDevices !== undefined) return byPool(options, options.prefillDevices, devices)
  if (options.prefillShare !== undefined) return byEngineTime(options, options.prefillShare)
  const ratio = (name: 'outputPriceRatio' | 'cachedPriceRatio', assumed: number) => {
    const text = options[name]
    return text === undefined
      ? assumed
      : parseNumber(text, flag(name), { minimum: 0, maximum: maximumPriceRatio })
  }
  const ratios = {
    outputPerInput: ratio('outputPriceRatio', marketPriceRatios.outputPerInput),
    cachedPerInput: ratio('cachedPriceRatio', marketPriceRatios.cachedPerInput),
  }
  const assumed =
    options.outputPriceRatio === undefined
      ? ', assumed from API prices of 2026 (declare yours with --output-price-ratio, --prefill-share or --prefill-devices)'
      : ''
  return {
    weights: weightsByFixedRatio(tokens, ratios),
    statement:
      input === 0
        ? 'one class: all tokens are output'
        : `by fixed ratio: output ${ratios.outputPerInput} × and cached input ${ratios.cachedPerInput} × an uncached input token${assumed}`,
  }
}

function byEngineTime(options: CostOptions, text: string): StatedAllocation {
  const prefill = parseFraction(text, flag('prefillShare'))
  const cached = parseFraction(options.cachedTimeShare ?? '0', flag('cachedTimeShare'))
  if (prefill + cached > 1) {
    throw usage(
      'prefill and cached input take more than all engine time',
      flag('cachedTimeShare'),
      'let the shares add up to 100% or less',
    )
  }
  return {
    weights: weightsByEngineTime({
      prefillSeconds: prefill,
      cachedInputSeconds: cached,
      decodeSeconds: 1 - prefill - cached,
      idleSeconds: 0,
    }),
    statement: `by engine time: prefill ${round(prefill)}, cached input ${round(cached)}, decode ${round(1 - prefill - cached)} of busy time`,
  }
}

/** All devices cost the same here, so the pools' bills stand in the ratio of their devices. */
function byPool(options: CostOptions, text: string, devices: number): StatedAllocation {
  const prefill = parseCount(text, flag('prefillDevices'))
  if (prefill >= devices) {
    throw usage(
      `${plural(prefill, 'prefill device')} of ${devices} ${prefill === 1 ? 'leaves' : 'leave'} none to decode`,
      flag('prefillDevices'),
      `give less than --devices ${devices}`,
    )
  }
  const cached = parseFraction(options.cachedTimeShare ?? '0', flag('cachedTimeShare'))
  return {
    weights: weightsByPool({
      prefillNanoUsd: BigInt(prefill) * nanoPerUsd,
      decodeNanoUsd: BigInt(devices - prefill) * nanoPerUsd,
      prefillBusyShare: 1,
      decodeBusyShare: 1,
      cachedShareOfPrefill: cached,
    }),
    statement: `by pool: ${plural(prefill, 'prefill device')} ${prefill === 1 ? 'pays' : 'pay'} for input (${round(cached)} of it for cached), ${plural(devices - prefill, 'decode device')} for output`,
  }
}

function positiveShare(options: CostOptions, name: 'availability' | 'operatingPoint' | 'loadFactor'): number {
  const text = options[name]
  if (text === undefined) return 1
  const share = parseFraction(text, flag(name))
  if (share > 0) return share
  throw new TokenwrightError('number', `${flag(name)} 0 serves no tokens at all`, {
    where: flag(name),
    fix: 'give a share above 0, e.g. 60%',
  })
}

const printedDigits = 4

function round(share: number): string {
  return String(Number(share.toPrecision(printedDigits)))
}
