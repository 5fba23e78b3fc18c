/** GET /v1/models: what a key may ask for, in OpenAI's words. */
import type { Dispatcher } from '../dispatch/types.ts'
import type { KeyRecord } from '../tenants/index.ts'
import { mayUseModel } from '../tenants/key-record.ts'
import { GatewayError } from '../wire/index.ts'

/** Nobody made these aliases at a known time; clients only need a number. */
const created = 0

function described(id: string): object {
  return { id, object: 'model', created, owned_by: 'tokenwright' }
}

function namesFor(dispatcher: Dispatcher, key: KeyRecord): string[] {
  return dispatcher.pools
    .filter(({ config }) => mayUseModel(key, config.alias))
    .flatMap(({ config }) => [config.alias, ...config.aliases])
}

export function modelsBody(dispatcher: Dispatcher, key: KeyRecord): Buffer {
  return Buffer.from(JSON.stringify({ object: 'list', data: namesFor(dispatcher, key).map(described) }))
}

/** Throws a GatewayError (404), the same for a model that is not there and one the key may not use. */
export function modelBody(dispatcher: Dispatcher, key: KeyRecord, name: string): Buffer {
  if (!namesFor(dispatcher, key).includes(name))
    throw new GatewayError(404, 'model_not_found', 'there is no such model here, or you may not use it', {
      param: 'model',
    })
  return Buffer.from(JSON.stringify(described(name)))
}
