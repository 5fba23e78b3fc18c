/** Flags that several commands have: one name, one text and one meaning wherever they stand. */
import { type Command, Option } from 'commander'

/** What says what devices and energy cost. */
export interface PriceFlags {
  readonly tier?: string
  readonly region?: string
  readonly price?: readonly string[]
  readonly electricity?: string
  readonly pue?: string
}

/** Parser of an option that may be given again: all its values, in order. */
export function collected(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value]
}

export function repeatable(flags: string, description: string): Option {
  return new Option(flags, `${description} (repeatable)`).argParser(collected)
}

/** Words of the price flags that are a command's own. */
export interface PriceFlagWords {
  /** The tier of a command line without one. */
  readonly tier: string
  readonly regions?: string
  readonly pue?: string
}

/** `--pue` where the catalog's entries may be named, too. */
export const pueOrEntry = '1.25, or the name of a catalog entry'

export function withPriceFlags(command: Command, { tier, regions, pue = '1.25' }: PriceFlagWords): Command {
  const examples = regions === undefined ? '' : `: ${regions}`
  return command
    .option('--tier <tier>', `owned, reserved, on-demand or spot (default: ${tier})`)
    .option('--region <name>', `region of device and electricity prices${examples}`)
    .addOption(repeatable('--price <accelerator=price>', 'your price per device hour: h200=2.50/h'))
    .option('--electricity <price>', 'your tariff per kWh: $0.07/kWh, or the id of a region')
    .option('--pue <factor>', `utility power ÷ IT power: ${pue}`)
}

export const factsFlag = ['--facts <file>', 'YAML file with your own accelerators, prices, tariffs'] as const

export const rangeRatioFlag = [
  '--range-ratio <share>',
  'uniform lengths from so much of --isl and --osl up to them, as InferenceX',
] as const

export const turnIslFlag = [
  '--turn-isl <tokens>',
  'tokens that a later turn adds (default: as --isl)',
] as const

export const workloadFlag = [
  '--workload <file>',
  'a workload described in YAML or JSON: phases, mixes, ramps, days',
] as const
