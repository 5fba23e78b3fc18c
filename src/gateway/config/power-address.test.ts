import { describe, expect, test } from 'vitest'
import { readPowerAddress } from './upstream-address.ts'

function read(value: string) {
  const said: string[] = []
  const faults = { add: (_: unknown, message: string) => said.push(message) } as never
  return { url: readPowerAddress(value, ['power'], { faults }), said }
}

describe('addresses of power metrics', () => {
  test.for(['http://node:9400/metrics', 'http://node:9400/metrics#gpu=0,1', 'http://n/m#Hostname=a-1&gpu=3'])(
    '%s is taken as it is',
    value => expect(read(value)).toEqual({ url: value, said: [] }),
  )

  test.for([
    'http://node/#',
    'http://node/#gpu',
    'http://node/#gpu=0#1',
    'http://node/?key=1#gpu=0',
    'node#gpu=0',
  ])('%s is refused', value => expect(read(value).said).toHaveLength(1))
})
