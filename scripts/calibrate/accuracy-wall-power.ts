/**
 * MLPerf results with metered wall power: predicted board watts put into a node. Node = (boards + fixed parts) ÷ efficiency of the
 * supplies + fans, by the catalog's profile of the system (src/catalog/system-types.ts); network and PUE are not in a node's plug.
 */

import { type ErrorStatistics, errorStatistics, type ScoredPoint } from '../../src/accuracy/score.ts'
import type { FactsCatalog, SystemFacts, SystemPowerProfile } from '../../src/catalog/system-types.ts'
import type { Accelerator } from '../../src/catalog/types.ts'
import type { CsvRecord } from '../../src/core/csv.ts'
import type { UnfittedFile } from './accuracy-unfitted.ts'

export interface WallPowerRow {
  readonly system: string
  readonly model: string
  readonly scenario: string
  /** The submission lowered the accelerators' power limit and does not say to what. */
  readonly limited: boolean
  readonly measuredWatts: number
  readonly predictedWatts: number
  readonly boardWatts: number
  /** Wall watts ÷ board watts of all accelerators, as predicted. */
  readonly nodeFactor: number
  readonly measuredJoules: number
  readonly predictedJoules: number
}

export interface WallPower {
  readonly rows: readonly WallPowerRow[]
  readonly watts: ErrorStatistics
  readonly wattsUnlimited: ErrorStatistics | null
  readonly joules: ErrorStatistics
}

export function wallPower(
  file: UnfittedFile | undefined,
  catalog: FactsCatalog,
  accelerator: (id: string) => Accelerator | null,
): WallPower | null {
  if (file === undefined) return null
  const metered = new Map<string, number>()
  const byLine = new Map<string, CsvRecord>()
  for (const record of file.records) {
    byLine.set(`line ${record.line}`, record)
    const watts = record.positive('value')
    if (record.text('metric') === 'system_power_avg' && watts !== null) metered.set(runOf(record), watts)
  }
  const rows = file.scored.flatMap(one => {
    const record = byLine.get(one.point.id)
    const watts = record && metered.get(runOf(record))
    return record === undefined || watts === undefined
      ? []
      : (rowOf(one, record, watts, catalog, accelerator) ?? [])
  })
  if (rows.length === 0) return null
  const wattErrors = (list: readonly WallPowerRow[]) =>
    errorStatistics(list.map(row => row.predictedWatts / row.measuredWatts - 1))
  const unlimited = rows.filter(row => !row.limited)
  return {
    rows,
    watts: wattErrors(rows),
    wattsUnlimited: unlimited.length === 0 ? null : wattErrors(unlimited),
    joules: errorStatistics(rows.map(row => row.predictedJoules / row.measuredJoules - 1)),
  }
}

function runOf(record: CsvRecord): string {
  return record.text('source_ref')
}

function rowOf(
  { point, prediction }: ScoredPoint,
  record: CsvRecord,
  measuredWatts: number,
  catalog: FactsCatalog,
  acceleratorOf: (id: string) => Accelerator | null,
): WallPowerRow | null {
  if (point.deployment.mode !== 'aggregated') return null
  const { acceleratorId } = point.deployment.pool
  const system = catalog.systems.find(
    one => one.acceleratorId === acceleratorId && one.devices === point.devices && one.power !== null,
  )
  const accelerator = acceleratorOf(acceleratorId)
  const measuredRate = point.outputTokensPerSecondPerDevice
  const predictedRate = prediction.outputTokensPerSecondPerDevice ?? null
  if (system === undefined || accelerator === null || measuredRate === null || predictedRate === null)
    return null
  const boardWatts = (prediction.joulesPerOutputToken ?? Number.NaN) * predictedRate * point.devices
  const predictedWatts = nodeWatts(system, accelerator.tdpWatts, boardWatts)
  return {
    system: record.text('system'),
    model: record.text('model'),
    scenario: record.text('scenario'),
    limited: /MaxQ/i.test(record.text('system')),
    measuredWatts,
    predictedWatts,
    boardWatts,
    nodeFactor: predictedWatts / boardWatts,
    measuredJoules: measuredWatts / (measuredRate * point.devices),
    predictedJoules: predictedWatts / (predictedRate * point.devices),
  }
}

/** Watts at the plug of one system whose accelerators draw `boardWatts` together. */
export function nodeWatts(system: SystemFacts, tdpWatts: number, boardWatts: number): number {
  const { fixedWatts, fans, supply } = system.power!
  const direct = boardWatts + fixedWatts.singleSystem
  // How fans follow the load is not published: duty in proportion to the boards' power is assumed.
  const load = Math.min(1, boardWatts / (tdpWatts * system.devices))
  const duty = fans.minimumDuty + (fans.maximumDuty - fans.minimumDuty) * load
  return direct / efficiencyAt(supply, direct) + fans.fullSpeedWatts * duty ** 3
}

function efficiencyAt(
  { capacityWatts, efficiencyByLoad }: SystemPowerProfile['supply'],
  watts: number,
): number {
  const load = watts / capacityWatts
  const above = efficiencyByLoad.findIndex(([at]) => at >= load)
  if (above <= 0) return efficiencyByLoad.at(above)![1]
  const [lowLoad, low] = efficiencyByLoad[above - 1]!
  const [highLoad, high] = efficiencyByLoad[above]!
  return low + ((high - low) * (load - lowLoad)) / (highLoad - lowLoad)
}
