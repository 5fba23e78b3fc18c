/** Plan: the cheapest way to serve a model within objectives, and what stands behind it. */
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { FactsCatalog } from '../../src/catalog/system-types.ts'
import type { PageProps } from '../app.tsx'
import { Failure, Pending } from '../parts/states.tsx'
import { packText, unpackText } from '../state/pack.ts'
import { type Params, replaceParams } from '../state/route.ts'
import { useFacts } from '../state/use-facts.ts'
import type { Fault, TraceText } from '../worker/protocol.ts'
import { PlanAnswerView } from './plan-answer.tsx'
import { listOf, planQuestion, questionKey, withDefaults } from './question.ts'
import { QuestionForm } from './question-form.tsx'
import { usePlan } from './use-plan.ts'

export function PlanPage({ params: said }: PageProps) {
  const params = withDefaults(said)
  const { facts, fault: factsFault } = useFacts()
  const config = useConfig(params.config)
  const [trace, setTrace] = useState<TraceText | null>(null)
  const key = `${questionKey(params)} ${trace === null ? '' : `${trace.name} ${trace.text.length}`}`
  const ready = params.config === undefined || config.text !== null
  const question = useMemo(
    () => (ready ? planQuestion(params, config.text, trace) : null),
    [key, config.text],
  )
  const state = usePlan({ key, question, shown: listOf(params.show) })

  const change = (changed: Params) => {
    // Another question has other deployments: what was picked goes.
    const { pick: _, ...rest } = { ...params, ...changed }
    replaceParams('plan', withoutEmpty('pick' in changed ? { ...rest, pick: changed.pick! } : rest))
  }
  const bringConfig = async (name: string, text: string) =>
    change({ model: name.replace(/\.json$/, ''), config: await packText(text) })
  const drop = useDrop((name, text) =>
    name.endsWith('config.json') || looksLikeConfig(text)
      ? bringConfig(name, text)
      : setTrace({ name, text }),
  )
  const fault = factsFault ?? config.fault ?? state.fault
  return (
    <div class={`plan${drop.over ? ' dropping' : ''}`} {...drop.handlers}>
      <QuestionForm
        params={params}
        catalog={facts}
        onChange={change}
        onExample={example => replaceParams('plan', example)}
        onConfig={bringConfig}
        trace={trace}
        onTrace={setTrace}
      />
      <div class="answer">
        <h1 class="hidden">Plan</h1>
        {fault ? <Failure fault={fault} /> : null}
        {fault || state.answer ? null : <Pending words={state.progress || 'searching the catalog'} />}
        {state.answer && !(fault && !state.searching) ? (
          <PlanAnswerView
            state={state}
            question={question}
            params={params}
            nameOf={names(facts)}
            onChange={change}
          />
        ) : null}
      </div>
    </div>
  )
}

/** A trace in JSON lines has one object a line; a config is one object over the whole file. */
function looksLikeConfig(text: string): boolean {
  return text.trimStart().startsWith('{') && /"(architectures|model_type)"/.test(text)
}

function withoutEmpty(params: Params): Params {
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value !== ''))
}

function names(facts: FactsCatalog | null): (id: string) => string {
  const byId = new Map(facts?.accelerators.map(({ id, name }) => [id, name]))
  return id => byId.get(id) ?? id
}

/** The config packed into the address. */
function useConfig(packed: string | undefined): { text: string | null; fault: Fault | null } {
  const [state, setState] = useState<{ packed: string; text: string | null; fault: Fault | null } | null>(
    null,
  )
  useEffect(() => {
    if (packed === undefined) return setState(null)
    const fault: Fault = {
      code: 'model-config',
      message: 'the config.json in this link cannot be read',
      fix: 'the link may be cut off: copy it again, or drop the file here',
    }
    unpackText(packed).then(
      text => setState({ packed, text, fault: null }),
      () => setState({ packed, text: null, fault }),
    )
  }, [packed])
  return packed === undefined || state?.packed !== packed ? { text: null, fault: null } : state
}

function useDrop(onFile: (name: string, text: string) => void) {
  const [over, setOver] = useState(false)
  return {
    over,
    handlers: {
      onDragOver: (event: DragEvent) => {
        event.preventDefault()
        setOver(true)
      },
      onDragLeave: () => setOver(false),
      onDrop: async (event: DragEvent) => {
        event.preventDefault()
        setOver(false)
        const file = event.dataTransfer?.files[0]
        if (file) onFile(file.name, await file.text())
      },
    },
  }
}
