/** How busy a kernel keeps the device: achieved bandwidth ÷ peak bandwidth and achieved FLOP/s ÷ peak FLOP/s. */
export interface KernelActivity {
  readonly memoryShare: number
  readonly computeShare: number
  /** Unit that computes. */
  readonly peak: 'bf16' | 'fp8' | 'fp4'
  readonly seconds: number
}

export interface PowerCoefficients {
  /** Share of the power limit of a device whose kernels wait (clocks up, launch-bound). */
  readonly idle: number
  /** Added at full memory bandwidth. */
  readonly memory: number
  /** Added at the full peak rate of each unit. */
  readonly computeBf16: number
  readonly computeFp8?: number
  readonly computeFp4?: number
  /** Added by long kernels whatever they do: (seconds ÷ (seconds + rampSeconds)). */
  readonly ramp: number
  readonly rampSeconds: number
  /** Share of the limit at which the board throttles. */
  readonly cap: number
}

const sharpness = 6

/** Watts ÷ power limit: idle + ramp(duration) + memory·u + compute·v, bent smoothly under the cap. */
export function powerShare(activity: KernelActivity, coefficients: PowerCoefficients): number {
  const { idle, memory, computeBf16, cap } = coefficients
  const fp8 = coefficients.computeFp8 ?? computeBf16
  const compute = { bf16: computeBf16, fp8, fp4: coefficients.computeFp4 ?? fp8 }[activity.peak]
  const ramp = (coefficients.ramp * activity.seconds) / (activity.seconds + coefficients.rampSeconds)
  const demand = idle + ramp + memory * activity.memoryShare + compute * activity.computeShare
  return (demand ** -sharpness + cap ** -sharpness) ** (-1 / sharpness)
}
