/**
 * Kernel times and watts on one device, and the headline efficiencies behind them.
 * Answers: how long does this matrix product, attention, expert layer or collective take, and what does it draw.
 * From: a shape, a device's own peaks, and efficiencies fitted to measured kernel tables (data/calibration/kernels.json).
 * Assumes: kernels alone on the device, launched from a graph; host dispatch between kernels is not in here.
 */
export {
  type KernelCurves,
  type KernelPlace,
  type KernelWatts,
  kernelCurves,
  type MlaPart,
} from './kernel-curves.ts'
export { type KernelPrior, kernelPrior } from './priors.ts'
export type {
  AttentionFormat,
  KernelAccelerator,
  KernelBasis,
  KernelEntry,
  KernelOperator,
  KernelPriors,
  KernelsFile,
  KernelTime,
  PriorValue,
  WeightFormat,
} from './types.ts'
