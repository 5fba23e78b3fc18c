/** All runs that the page knows, newest first: those of the server's folder, and those that were brought. */
import { useEffect, useState } from 'preact/hooks'
import type { RunList } from '../../src/dashboard/run-list.ts'
import type { Fault } from '../worker/protocol.ts'
import { type BroughtFile, runsOfFiles, withBrought } from './brought-runs.ts'
import { faultOfRun, type KnownRun, knownFromList, lacking, startOf } from './known-run.ts'
import { rowOf } from './run-row.ts'

export interface RunsState {
  readonly asking: boolean
  /** Where the server looked; null where it has no list. */
  readonly folder: string | null
  readonly runs: readonly KnownRun[]
  readonly notes: readonly string[]
  readonly fault: Fault | null
  readonly lookAgain: () => void
  readonly bring: (files: readonly BroughtFile[]) => Promise<void>
}

interface Listed {
  readonly folder: string | null
  readonly runs: readonly KnownRun[]
  readonly notes: readonly string[]
}

/** They outlast the page's leaving: going to Plan and back loses nothing. */
let brought: readonly KnownRun[] = []
let listed: Listed | null = null

export function useRuns(): RunsState {
  const [known, setKnown] = useState({ listed, brought })
  const [asked, setAsked] = useState(0)
  const [asking, setAsking] = useState(true)
  const [fault, setFault] = useState<Fault | null>(null)
  useEffect(() => {
    let current = true
    setAsking(true)
    askList().then(
      answer => {
        listed = answer
        if (!current) return
        setKnown({ listed, brought })
        setFault(null)
        setAsking(false)
      },
      reason => {
        if (!current) return
        setFault(faultOfRun(reason))
        setAsking(false)
      },
    )
    return () => {
      current = false
    }
  }, [asked])
  return {
    asking,
    folder: known.listed?.folder ?? null,
    runs: [...(known.listed?.runs ?? []), ...known.brought].toSorted((a, b) =>
      startOf(b).localeCompare(startOf(a)),
    ),
    notes: known.listed?.notes ?? [],
    fault,
    lookAgain: () => setAsked(asked + 1),
    bring: async files => {
      const runs = (await runsOfFiles(files)).map(tellable)
      brought = withBrought(brought, runs)
      setKnown({ listed, brought })
      if (runs.length === 0)
        setFault({
          code: 'measurements',
          message: 'no result was found in what was brought',
          fix: 'bring the folder that tokenwright bench --out wrote, or a result of another load generator as it wrote it',
        })
      else setFault(null)
    },
  }
}

const nothing: Listed = { folder: null, runs: [], notes: [] }

/** Only the dashboard's own server has a list: it says at /health who it is, and nobody else is asked. */
async function askList(): Promise<Listed> {
  const health = await fetch('./health', { cache: 'no-store' })
  const said = (await health.json().catch(() => null)) as { serves?: string } | null
  if (said?.serves !== 'dashboard') return nothing
  const response = await fetch('./api/runs', { cache: 'no-store' })
  if (!response.ok) throw new Error(`the list of runs cannot be had: ${response.status}`)
  const { folder, runs, notes } = (await response.json()) as RunList
  return { folder, runs: runs.map(run => tellable(knownFromList(run))), notes }
}

/** What the list cannot tell in its row is damaged: it must not take the others with it. */
function tellable(run: KnownRun): KnownRun {
  try {
    rowOf(run.content)
    return run
  } catch (error) {
    return { ...run, content: { kind: 'damaged', fault: lacking(run, error) } }
  }
}
