/** The places of a batch, each with who is in it and how far. */
import { useRef } from 'preact/hooks'
import { formatCount, formatPercent } from '../../src/report/format-number.ts'
import { useWidth } from '../figures/use-width.ts'
import type { BatchMember, Phase } from './batch.ts'

interface PlacesProps {
  readonly members: readonly BatchMember[]
  readonly places: number
  /** Those that the replica has. */
  readonly phases: readonly Phase[]
}

const square = 22
const gap = 4

const phaseWords: Readonly<Record<Phase, string>> = {
  prefill: 'reading their prompt',
  transfer: 'with their cache under way',
  decode: 'writing',
}

export function Places({ members, places, phases }: PlacesProps) {
  const holder = useRef<HTMLDivElement>(null)
  const width = useWidth(holder)
  const columns = Math.max(1, Math.floor(((width ?? 320) + gap) / (square + gap)))
  const rows = Math.ceil(places / columns)
  const height = rows * (square + gap)
  const byPlace = new Map(members.map(member => [member.request.place, member]))
  return (
    <div ref={holder}>
      <svg
        class="places"
        width={width ?? 320}
        height={height}
        viewBox={`0 0 ${width ?? 320} ${height}`}
        role="img"
        aria-label={`${phases.map(phase => `${members.filter(member => member.phase === phase).length} ${phaseWords[phase]}`).join(', ')}, ${places - members.length} places free`}
      >
        {Array.from({ length: places }, (_, place) => {
          const x = (place % columns) * (square + gap)
          const y = Math.floor(place / columns) * (square + gap)
          const member = byPlace.get(place)
          const filled = member ? Math.max(3, member.progress * square) : 0
          return (
            <g key={place}>
              <rect
                class={member ? `place ${member.phase}` : 'place'}
                x={x + 0.5}
                y={y + 0.5}
                width={square - 1}
                height={square - 1}
                rx={3}
              />
              {member ? (
                <rect
                  class={`fill ${member.phase}`}
                  x={x}
                  y={y + square - filled}
                  width={square}
                  height={filled}
                  rx={3}
                >
                  <title>{`Request ${member.request.id}: ${formatCount(member.request.inputTokens)} in, ${formatCount(member.request.outputTokens)} out; ${member.phase}, ${formatPercent(member.progress)}`}</title>
                </rect>
              ) : null}
            </g>
          )
        })}
      </svg>
    </div>
  )
}
