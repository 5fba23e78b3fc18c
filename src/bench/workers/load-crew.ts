/** The agents of a load, one or many, as one: they prepare, begin at the same moment, and are heard in one place. */
import {
  createLoadRunner,
  type HearRequest,
  type PhaseEnd,
  type PhaseOrder,
  type RunnerSettings,
} from './load-runner.ts'
import { wholeLoad } from './segment.ts'

export interface LoadCrew {
  readonly agents: number
  /** From the order to begin to the moment at which all of them can. */
  readonly leadUs: number
  /** Resolves when all are ready to begin. @throws what is wrong with the requests, before any is sent. */
  prepare(order: PhaseOrder): Promise<readonly string[]>
  /** `originUs`: of the shared clock, `leadUs` from now. @throws TokenwrightError 'internal' when an agent's thread dies. */
  begin(originUs: number, hear: HearRequest): Promise<PhaseEnd>
  /** All send no more and break off what is under way. */
  interrupt(): void
  readonly inFlight: number
  readonly waiting: number
  close(): Promise<void>
}

/** A single agent in this thread. */
export function createLocalCrew(settings: Omit<RunnerSettings, 'segment'>): LoadCrew {
  const runner = createLoadRunner({ ...settings, segment: wholeLoad })
  return {
    agents: 1,
    leadUs: 0,
    prepare: order => runner.prepare(order),
    begin: (originUs, hear) => runner.begin(originUs, hear),
    interrupt: () => runner.interrupt(),
    get inFlight() {
      return runner.inFlight
    },
    get waiting() {
      return runner.waiting
    },
    close() {
      runner.close()
      return Promise.resolve()
    },
  }
}
