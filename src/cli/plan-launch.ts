/** Launch files and benchmark of the chosen deployment. */
import type { FactsCatalog } from '../catalog/index.ts'
import type { ModelArchitecture } from '../model/index.ts'
import { type LaunchFile, launchFiles } from '../plan/launch/index.ts'
import type { Candidate, PlanRequest } from '../plan/types.ts'
import { acceleratorsOf } from '../report/describe-deployment.ts'

export interface Launch {
  readonly files: readonly LaunchFile[]
  readonly benchmarkCommand: string | null
}

/** The script whose command is printed: the benchmark most people have. */
const benchmarkScript = 'benchmark-vllm.sh'

export function launchOf(
  chosen: Candidate,
  request: PlanRequest,
  architecture: ModelArchitecture,
  catalog: FactsCatalog,
): Launch {
  const used = acceleratorsOf(chosen.deployment)
  const files = launchFiles({
    candidate: chosen,
    request,
    architecture,
    accelerators: catalog.accelerators.filter(accelerator => used.includes(accelerator.id)),
  })
  const script = files.find(file => file.path === benchmarkScript)
  return { files, benchmarkCommand: script === undefined ? null : commandOf(script.text) }
}

/** The first command of a shell script, continued lines and all: what stands between comments and settings. */
function commandOf(script: string): string | null {
  const lines = script.split('\n')
  const start = lines.findIndex(line => line.trim() !== '' && !/^(#|set |cd |export )/.test(line))
  if (start < 0) return null
  const length = lines.slice(start).findIndex(line => !line.endsWith('\\')) + 1
  return lines.slice(start, start + length).join('\n')
}
