/** Requests in front of the fleet: turns, patience, those who leave, and what a new configuration does to them. */
import { describe, expect, test } from 'vitest'
import type { RouterSpec } from '../../routing/index.ts'
import { deployment, gatewayConfig, model, outcome, type Scene, scene, sent } from './dispatch.fixture.ts'
import type { Choice, DispatchRequest, Waiting } from './types.ts'

const config = (router: RouterSpec, replicas = 1) =>
  gatewayConfig([deployment('own', replicas, { capacity: 1 })], [], [model('chat', ['own'], { router })])
const patient: RouterSpec = { kind: 'least-loaded', admission: { maximumWaiting: 3, maximumWaitSeconds: 10 } }

/** Asks, and writes down how it ended. */
function queue({ ask }: Scene) {
  const log: string[] = []
  const flights: Choice[] = []
  const note = (name: string) => (choice: Choice) => {
    log.push(`${name} ${choice.kind === 'send' ? 'sent' : choice.reason}`)
    flights.push(choice)
  }
  const come = (name: string, more: Partial<DispatchRequest> = {}): Choice | Waiting => {
    const choice = ask('chat', more)
    if (choice.kind === 'waiting') void choice.choice.then(note(name))
    else note(name)(choice)
    return choice
  }
  const end = async () => {
    const sentOne = flights.filter(({ kind }) => kind === 'send').shift() as Choice & { kind: 'send' }
    flights.splice(flights.indexOf(sentOne), 1)
    sentOne.flight.ended(outcome())
    await Promise.resolve()
  }
  return { log, come, end }
}

describe('a line in front of the fleet', () => {
  test('goes by priority, then by arrival', async () => {
    const { log, come, end } = queue(await scene(config(patient)))
    come('first')
    come('second')
    come('later', { priority: 5 })
    come('third')
    for (let count = 0; count < 3; count++) await end()
    expect(log).toEqual(['first sent', 'second sent', 'third sent', 'later sent'])
  })

  test('tenants share: who floods it pushes out itself', async () => {
    const { log, come, end } = queue(await scene(config(patient)))
    come('a0', { tenant: 'a' })
    for (const name of ['a1', 'a2', 'a3']) come(name, { tenant: 'a' })
    come('b1', { tenant: 'b' })
    await Promise.resolve()
    expect(log).toEqual(['a0 sent', 'a3 fair-share'])
    await end()
    await end()
    expect(log.slice(2).sort()).toEqual(['a1 sent', 'b1 sent'])
  })

  test('nobody waits longer than it may, by the timer', async () => {
    const one = await scene(config(patient))
    const { log, come } = queue(one)
    come('first')
    come('second')
    one.time.advance(9.9e6)
    await Promise.resolve()
    expect(log).toEqual(['first sent'])
    one.time.advance(0.2e6)
    await Promise.resolve()
    expect(log).toEqual(['first sent', 'second deadline'])
    expect(one.time.timers).toBe(0)
  })

  test('who leaves makes room, hears nothing more, and does not hold up others', async () => {
    const { log, come, end } = queue(await scene(config(patient)))
    come('first')
    const second = come('second')
    come('third')
    ;(second as Waiting).withdraw()
    ;(second as Waiting).withdraw()
    await end()
    expect(log).toEqual(['first sent', 'third sent'])
  })

  test('those who need few candidates do not hold up others', async () => {
    const own = deployment('own', 2, { capacity: 1 })
    const far = { ...deployment('far', 1), traits: { ...own.traits, region: 'us' } }
    const { ask } = await scene(
      gatewayConfig([own, { ...far, capacity: 1 }], [], [model('chat', ['own', 'far'], { router: patient })]),
    )
    const us = {
      regions: ['us'],
      quantizations: null,
      dataPolicy: null,
      maximumInputUsdPerMillionTokens: null,
      maximumOutputUsdPerMillionTokens: null,
    }
    expect(sent(ask('chat', { require: us })).candidate.name).toBe('far/r0')
    expect(ask('chat', { require: us }).kind).toBe('waiting')
    expect(sent(ask('chat')).candidate.name).toBe('own/r0')
  })

  test('without admission, waiting as the refusal says: in order of arrival, looked at again', async () => {
    const one = await scene(config({ kind: 'least-loaded', refusal: { full: 'wait', retryAfterSeconds: 2 } }))
    const { log, come, end } = queue(one)
    for (const name of ['first', 'second', 'third']) come(name)
    one.time.advance(5e6)
    await end()
    await end()
    expect(log).toEqual(['first sent', 'second sent', 'third sent'])
  })

  test('a new configuration lets those who wait go where there is room, under its own rules', async () => {
    const one = await scene(config(patient))
    const { log, come } = queue(one)
    come('first')
    come('second')
    come('third')
    one.time.advance(1000)
    await one.dispatcher.reconfigure(config(patient, 2))
    expect(log).toEqual(['first sent', 'second sent'])
    await one.dispatcher.reconfigure(config({ kind: 'two-choices' }, 2))
    expect(log).toEqual(['first sent', 'second sent', 'third queue-full'])
  })

  test('an alias that is gone leaves nobody waiting', async () => {
    const one = await scene(config(patient))
    const { log, come } = queue(one)
    come('first')
    come('second')
    await one.dispatcher.reconfigure({ ...config(patient), models: [] })
    expect(log).toEqual(['first sent', 'second no-candidate'])
    expect(one.dispatcher.pool('chat')).toBeNull()
  })
})
