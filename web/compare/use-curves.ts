/** Curves of several sides, drawn by both workers. */
import { useEffect, useState } from 'preact/hooks'
import { faultOf, lanes } from '../worker/client.ts'
import type { CurveAnswer, Fault, PlanQuestion } from '../worker/protocol.ts'

export interface CurvesState {
  readonly curves: readonly CurveAnswer[]
  readonly drawing: boolean
  readonly fault: Fault | null
}

export interface CurveQuestion {
  readonly question: PlanQuestion
  /** What the curve is called. */
  readonly name: string
  /** The best of them at every speed. */
  readonly acceleratorIds: readonly string[]
}

export function useCurves(asked: readonly CurveQuestion[]): CurvesState {
  const [state, setState] = useState<CurvesState>({ curves: [], drawing: true, fault: null })
  const key = JSON.stringify(asked)
  useEffect(() => {
    let current = true
    setState(state => ({ ...state, drawing: true, fault: null }))
    Promise.all(
      asked.map(({ question, name, acceleratorIds }, index) =>
        (index % 2 === 0 ? lanes.quick : lanes.whole).ask({
          kind: 'curve',
          question,
          acceleratorId: name,
          among: acceleratorIds,
        }),
      ),
    ).then(
      curves => {
        if (current) setState({ curves, drawing: false, fault: null })
      },
      reason => {
        const fault = faultOf(reason)
        if (current && fault) setState({ curves: [], drawing: false, fault })
      },
    )
    return () => {
      current = false
      lanes.quick.stop()
      lanes.whole.stop()
    }
  }, [key])
  return state
}
