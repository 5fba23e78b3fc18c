/**
 * What would this deployment do with this workload? Drives fleets in virtual time, with faults, changes of size and a bill.
 * Assumes: the performance model's step times; multipliers of the twin's own from data/calibration/twin.json.
 */
export { type AutoscalerSettings, createAutoscalers } from './autoscale.ts'
export { type RunBill, runBill } from './bill.ts'
export { type SimulationEnd, type SimulationOptions, simulate } from './driver.ts'
export { faultSchedule, type TimedFault } from './faults.ts'
export { firstTokenAfter } from './first-token-after.ts'
export { loadTwinCalibration } from './load-twin-calibration-file.ts'
export { fleetObserver, type SimulationResult, simulationResult } from './result.ts'
export type { TwinCalibration } from './twin-calibration.ts'
export { type EngineOverrides, type TwinInput, twinPools } from './twin-pools.ts'
