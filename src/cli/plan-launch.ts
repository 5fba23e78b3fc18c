/** Launch files and benchmark of the chosen deployment. */
import type { Candidate, PlanRequest } from '../plan/types.ts'
import type { ReportFile } from '../report/plan-report.ts'

export interface Launch {
  readonly files: readonly ReportFile[]
  readonly benchmarkCommand: string | null
}

export async function launchOf(_chosen: Candidate, _request: PlanRequest): Promise<Launch> {
  return { files: [], benchmarkCommand: null }
}
