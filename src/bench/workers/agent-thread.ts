/** A thread that is one agent: it prepares when told, begins when told, and posts what became of its requests. */
import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '../../core/assert.ts'
import { type AgentPlan, endpointOf, type FromAgent, faultOf, type ToAgent } from './agent-messages.ts'
import { createLoadRunner, type LoadRunner } from './load-runner.ts'
import { createObservationBatcher } from './observation-batch.ts'
import { joinSharedClock } from './shared-clock.ts'

/** The main thread shows how many are in flight twice a second. */
const standingMs = 250

const port = parentPort
assert(port !== null, 'this file is started as a thread')
const post = (message: FromAgent, buffers: ArrayBuffer[] = []) => port.postMessage(message, buffers)
const fail = (error: unknown) => post({ kind: 'fault', fault: faultOf(error) })
const batcher = createObservationBatcher((batch, buffers) => post({ kind: 'batch', batch }, buffers))

/** Every thread compiles what it loads: what most runs do not need is loaded when it is. */
async function open(plan: AgentPlan): Promise<LoadRunner> {
  const supply =
    plan.supply === null ? null : (await (await import('./prompt-supply.ts')).openSupply(plan.supply)).supply
  const tokenizer =
    plan.tokenizer === null
      ? null
      : await (await import('../prompts/tokenizers.ts')).loadTokenizer(plan.tokenizer)
  return createLoadRunner({
    endpoint: endpointOf(plan.endpoint),
    scale: plan.scale,
    supply,
    tokenizer,
    keepsText: plan.keepsText,
    clock: joinSharedClock(plan.clockOriginNs),
    segment: plan.segment,
  })
}

async function run(runner: LoadRunner, originUs: number): Promise<void> {
  const tell = () => post({ kind: 'standing', inFlight: runner.inFlight, waiting: runner.waiting })
  const standing = setInterval(tell, standingMs)
  try {
    const end = await runner.begin(originUs, batcher.add)
    batcher.flush()
    post({ kind: 'over', end })
  } finally {
    clearInterval(standing)
  }
}

try {
  const runner = await open(workerData as AgentPlan)
  port.on('message', (message: ToAgent) => {
    switch (message.kind) {
      case 'prepare':
        runner.prepare(message.order).then(notes => post({ kind: 'prepared', notes }), fail)
        return
      case 'begin':
        run(runner, message.originUs).catch(fail)
        return
      case 'interrupt':
        runner.interrupt()
        return
      case 'close':
        runner.close()
        port.close()
        return
    }
  })
  post({ kind: 'ready' })
} catch (error) {
  fail(error)
}
