/** Faults of the fleet, planned or at once, as clients see them. */
import { expect, test } from 'vitest'
import { startTestEmulator, testFleet, testModel } from './emulator.fixture.ts'
import { rawPost } from './raw-client.fixture.ts'

const body = {
  messages: [{ role: 'user', content: 'Hello' }],
  stream: true,
  max_tokens: 20_000,
  ignore_eos: true,
}

test('a crash breaks streams off with an error object, whole answers with 500; a new replica serves again', async () => {
  const emulator = await startTestEmulator({ models: [testModel('m', testFleet())] })
  const running = Promise.all([
    rawPost(emulator.port, '/v1/chat/completions', body),
    rawPost(emulator.port, '/v1/chat/completions', { ...body, stream: false }),
  ])
  await expect.poll(() => emulator.inFlight).toBe(2)
  await expect.poll(() => emulator.lateness().chunks).toBeGreaterThan(0)
  emulator.apply('m', { kind: 'fault', fault: { kind: 'crash', replica: 0, downSeconds: 1000 } })
  const [streamed, whole] = await running
  expect(JSON.parse(streamed.events.at(-2)!)).toMatchObject({
    error: { message: expect.stringContaining('crash') },
  })
  expect(streamed.events.at(-1)).toBe('[DONE]')
  expect(whole.status).toBe(500)
  expect((await rawPost(emulator.port, '/v1/chat/completions', body)).status).toBe(503)
  emulator.apply('m', { kind: 'scale', pool: 'serve', replicas: 2 })
  const again = async () => (await rawPost(emulator.port, '/v1/completions', { prompt: 'x' })).status
  await expect.poll(again, { timeout: 5000 }).toBe(200)
  const { requests } = await emulator.truth()
  const outcomes = requests.map(({ outcome }) => outcome)
  expect(outcomes.slice(0, 3)).toEqual(['failed', 'failed', 'rejected'])
  expect(outcomes.at(-1)).toBe('served')
})

test('planned inputs happen at their time', async () => {
  const fleet = testFleet()
  const emulator = await startTestEmulator({
    models: [testModel('m', fleet)],
    inputs: [{ model: 'm', atUs: 300_000, input: { kind: 'scale', pool: 'serve', replicas: 3 } }],
  })
  await expect.poll(() => fleet.replicas.length).toBe(3)
  expect(emulator.nowUs()).toBeGreaterThanOrEqual(300_000)
  await emulator.close()
})
