/**
 * Asks the workers, in the order in which answers help: first deployments like the last winner (milliseconds), then the
 * whole search, then what each leading accelerator can do at other speeds, then what the model and the workload contribute. A new
 * question calls the old one off.
 */
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Candidate, TechniqueContribution } from '../../src/plan/types.ts'
import { acceleratorsOf } from '../../src/report/describe-deployment.ts'
import { calledOff, faultOf, lanes } from '../worker/client.ts'
import type { CurveAnswer, Fault, Focus, PlanAnswer, PlanQuestion } from '../worker/protocol.ts'

export interface PlanState {
  /** The newest answer to the question: first a narrow one, then the whole; null before any. */
  readonly answer: PlanAnswer | null
  /** Whether the whole search is still running. */
  readonly searching: boolean
  readonly progress: string
  readonly fault: Fault | null
  readonly curves: readonly CurveAnswer[]
  readonly drawing: boolean
  /** What model and workload contribute; null while it is not known. */
  readonly contributions: readonly TechniqueContribution[] | null
  /** From the change to its first answer, and to its whole one. */
  readonly timing: {
    readonly firstMs: number | null
    readonly wholeMs: number | null
    readonly curvesMs: number | null
  }
}

const nothing: PlanState = {
  answer: null,
  searching: true,
  progress: '',
  fault: null,
  curves: [],
  drawing: true,
  contributions: null,
  timing: { firstMs: null, wholeMs: null, curvesMs: null },
}

/** Accelerators whose curves are drawn unless others are chosen. */
const curvesShown = 5

export interface PlanQuery {
  readonly key: string
  /** Null while it is being read (a packed config). */
  readonly question: PlanQuestion | null
  /** Accelerators whose curves are wanted; empty = the leading ones. */
  readonly shown: readonly string[]
}

export function usePlan({ key, question, shown }: PlanQuery): PlanState {
  const [state, setState] = useState<PlanState>(nothing)
  const last = useRef<Candidate | null>(null)
  const shownKey = shown.join()

  // Asks before the frame with the changed form is drawn: a frame earlier.
  useLayoutEffect(() => {
    if (question === null) return
    let current = true
    const update = (change: (state: PlanState) => PlanState) => {
      if (current) setState(change)
    }
    const start = performance.now()
    const failed = (reason: unknown) => {
      const fault = faultOf(reason)
      if (fault) update(state => ({ ...state, searching: false, drawing: false, fault }))
    }
    update(({ answer, curves, fault }) => ({ ...nothing, answer, curves, fault }))
    // The whole search waits until the quick answer is seen: side by side on few cores, both would be late.
    quickAnswer(question, last.current)
      .then(answer => {
        if (answer === null || answer.report.result.ranking.length === 0) return
        const firstMs = performance.now() - start
        update(state => ({ ...state, answer, fault: null, timing: { ...state.timing, firstMs } }))
      })
      .then(drawnFrame)
      .then(() => {
        if (!current) throw calledOff
        return lanes.whole.ask({ kind: 'plan', question, focus: null }, progress =>
          update(state => ({ ...state, progress })),
        )
      })
      .then(async answer => {
        const wholeMs = performance.now() - start
        last.current = answer.report.result.ranking[0] ?? null
        update(state => ({
          ...state,
          answer,
          fault: null,
          searching: false,
          timing: { ...state.timing, firstMs: state.timing.firstMs ?? wholeMs, wholeMs },
        }))
        await drawCurves(question, shown.length > 0 ? shown : leading(answer), curves =>
          update(state => ({ ...state, curves })),
        )
        update(state => ({
          ...state,
          drawing: false,
          timing: { ...state.timing, curvesMs: performance.now() - start },
        }))
        const { contributions } = await lanes.whole.ask({ kind: 'contributions', question })
        update(state => ({ ...state, contributions }))
      })
      .catch(failed)
    return () => {
      current = false
      lanes.quick.stop()
      lanes.whole.stop()
    }
  }, [key, shownKey, question === null])
  return state
}

/** Deployments like the last winner; null where there was none. */
async function quickAnswer(question: PlanQuestion, like: Candidate | null): Promise<PlanAnswer | null> {
  return like === null ? null : lanes.quick.ask({ kind: 'plan', question, focus: focusOn(like) })
}

/** A page that nobody sees draws no frames. */
const longestFrameMs = 100

function drawnFrame(): Promise<void> {
  return new Promise(resolve => {
    requestAnimationFrame(() => setTimeout(resolve))
    setTimeout(resolve, longestFrameMs)
  })
}

/** Both workers draw, each its share; curves stand in the order in which they were asked for. */
async function drawCurves(
  question: PlanQuestion,
  acceleratorIds: readonly string[],
  show: (curves: CurveAnswer[]) => void,
): Promise<void> {
  const drawn = new Map<string, CurveAnswer>()
  await Promise.all(
    acceleratorIds.map(async (acceleratorId, index) => {
      const lane = index % 2 === 0 ? lanes.quick : lanes.whole
      drawn.set(acceleratorId, await lane.ask({ kind: 'curve', question, acceleratorId }))
    }),
  )
  show(acceleratorIds.flatMap(id => drawn.get(id) ?? []))
}

/** The accelerators of the cheapest deployments that stand on one kind of device. */
export function leading({ report }: PlanAnswer, most = curvesShown): string[] {
  const ids = report.result.ranking.flatMap(({ deployment }) => {
    const used = acceleratorsOf(deployment)
    return used.length === 1 ? used : []
  })
  return [...new Set(ids)].slice(0, most)
}

function focusOn({ deployment }: Candidate): Focus {
  return {
    acceleratorIds: acceleratorsOf(deployment),
    engines: [deployment.engine],
    precisions: [deployment.precision.preset],
    disaggregated: deployment.mode === 'disaggregated',
    speculation: deployment.speculation !== null,
  }
}
