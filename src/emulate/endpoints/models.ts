/** GET /v1/models: every name that answers, as vLLM lists them. */
import type { EmulatorCore, ServedModel } from '../core.ts'

export function listModels(core: EmulatorCore, created: number): string {
  const models = new Set(core.models.values())
  const data = [...models].flatMap(model => [model.id, ...model.aliases].map(id => card(model, id, created)))
  return JSON.stringify({ object: 'list', data })
}

export function oneModel(model: ServedModel, id: string, created: number): string {
  return JSON.stringify(card(model, id, created))
}

function card(model: ServedModel, id: string, created: number): Readonly<Record<string, unknown>> {
  return {
    id,
    object: 'model',
    created,
    owned_by: 'tokenwright',
    root: model.id,
    parent: null,
    max_model_len: model.maximumContextTokens,
  }
}
