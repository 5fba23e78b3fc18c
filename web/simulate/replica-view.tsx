/** One replica: its levels over the run, and its batch step by step. */
import { useMemo } from 'preact/hooks'
import type { SimulationReport } from '../../src/report/simulation-report.ts'
import { type TimePanel, timePanels } from '../../src/report/svg-time-panels.ts'
import { powerPanel } from '../../src/report/timeline-panels.ts'
import { FigureFrame } from '../figures/figure-frame.tsx'
import { Choice } from '../parts/fields.tsx'
import type { SimulateAnswer, WatchedReplica } from '../worker/protocol.ts'
import { SlowMotion } from './slow-motion.tsx'
import { batchPanel, cachePanel, levelRows, queuePanel } from './timeline.tsx'

interface ReplicaViewProps {
  readonly answer: SimulateAnswer
  /** By the replica's number. */
  readonly onWatch: (replica: string) => void
}

export function ReplicaView({ answer, onWatch }: ReplicaViewProps) {
  const { report, watched } = answer
  const names = replicaNames(report)
  const name = names[watched.id] ?? 'the replica'
  const { timeline } = watched
  const [load, power] = useMemo(() => {
    const drawn = (title: string, panels: readonly (TimePanel | null)[]) =>
      timePanels(
        panels.filter(panel => panel !== null),
        { title, description: title, endSeconds: timeline.endSeconds, marks: [], window: null, asHighAs: 2 },
      ).html
    return [
      drawn(`Load of ${name} over the run`, [
        batchPanel(timeline, batchHeadings[watched.role]),
        queuePanel(timeline),
      ]),
      drawn(`Cache and power of ${name} over the run`, [cachePanel(timeline), powerPanel(timeline)]),
    ] as const
  }, [timeline])
  const csv = () => levelRows(timeline, ['running', 'waiting', 'cacheUse', 'watts'])
  return (
    <>
      <h2>One replica</h2>
      {names.length > 1 ? (
        <div class="filters watched">
          <Choice
            label="Watched"
            value={String(watched.id)}
            options={names.map((name, id) => [String(id), capital(name)] as const)}
            onChange={onWatch}
          />
        </div>
      ) : null}
      <div class="figures run">
        <FigureFrame title={`Load of ${name}`} file="run-replica-load" csv={csv}>
          <div dangerouslySetInnerHTML={{ __html: load }} />
        </FigureFrame>
        <FigureFrame title="Its cache and power" file="run-replica-power" csv={csv}>
          <div dangerouslySetInnerHTML={{ __html: power }} />
        </FigureFrame>
      </div>
      <SlowMotion answer={answer} name={name} />
    </>
  )
}

const batchHeadings: Readonly<Record<WatchedReplica['role'], string>> = {
  serve: 'requests in the batch',
  prefill: 'prompts being read, or held until they have moved',
  decode: 'requests in the batch',
}

/** By number: replica 1; of two pools prefill replica 1 and so on. */
function replicaNames({ fleet }: SimulationReport): string[] {
  return fleet.pools.flatMap(({ role, replicas }) =>
    Array.from({ length: replicas }, (_, index) =>
      role === 'serve' ? `replica ${index + 1}` : `${role} replica ${index + 1}`,
    ),
  )
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}
