/**
 * launch/ answers: how is this candidate started, and how would its prediction be shown wrong?
 * From: a candidate of planDeployments. Text only: the caller writes the files. Flags are those of the documentation named
 * in each file; engines change theirs often, so the comments say which release was read. deployment.yaml is read back by
 * read-deployment.ts, apart because of the schema library it loads.
 */
import { benchmarkFiles } from './benchmark.ts'
import { describeLaunch, formatDeployment } from './deployment-file.ts'
import { dynamoFile } from './dynamo.ts'
import { type LaunchFile, type LaunchInput, type LaunchPlan, launchPlan } from './launch-plan.ts'
import { sglangFiles } from './sglang.ts'
import { trtllmFiles } from './trtllm.ts'
import { vllmFiles } from './vllm.ts'

export { type DeploymentDescription, formatDeployment } from './deployment-file.ts'
export type { LaunchFile, LaunchInput } from './launch-plan.ts'

/** All files for a candidate: engine scripts, Dynamo manifest, benchmarks, deployment.yaml. */
export function launchFiles(input: LaunchInput): LaunchFile[] {
  const { deployment } = input.candidate
  const description = {
    path: 'deployment.yaml',
    text: formatDeployment(describeLaunch(input)),
    executable: false,
  }
  // No engine documents how feed-forward layers are put on processors of another kind.
  const hybrid = deployment.mode === 'aggregated' && deployment.feedForwardOffload
  return [description, ...(hybrid ? [] : startFiles(launchPlan(input))), ...benchmarkFiles(input)]
}

function startFiles(plan: LaunchPlan): LaunchFile[] {
  const dynamo = dynamoFile(plan)
  return [...engineFiles(plan), ...(dynamo === null ? [] : [dynamo])]
}

function engineFiles(plan: LaunchPlan): LaunchFile[] {
  switch (plan.deployment.engine) {
    case 'vllm':
      return vllmFiles(plan)
    case 'sglang':
      return sglangFiles(plan)
    case 'trtllm':
      return trtllmFiles(plan)
    case 'atom':
      // AMD's ATOM is started by its own recipes; nothing here has been checked against it.
      return []
  }
}
