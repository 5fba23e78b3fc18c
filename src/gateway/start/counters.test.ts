import { expect, test } from 'vitest'
import { startTestEmulator, testFleet, testModel, testTelemetry } from '../../emulate/emulator.fixture.ts'
import { later, startTestGateway } from './gateway.fixture.ts'

/** Between two readings of metrics, and some more for a slow machine. */
const patience = { timeout: 20_000, interval: 100 }

test('an engine’s own counters stand beside the books, and who uses it past the gateway is noticed', async () => {
  const fleet = testFleet()
  const emulator = await startTestEmulator({
    models: [testModel('test-model', fleet, { telemetry: testTelemetry(fleet, 'vllm') })],
    seed: 'counters',
  })
  later(() => emulator.close())
  const gateway = await startTestGateway({
    deployments: { own: { replicas: [{ name: 'r0', url: emulator.url }], cost: { usdPerReplicaHour: 2 } } },
    models: { 'test-model': { candidates: ['own'] } },
  })
  const ask = async (url: string): Promise<void> => {
    const body = {
      model: 'test-model',
      prompt: 'What does a million tokens cost here? '.repeat(300),
      max_tokens: 10,
    }
    const answer = await fetch(`${url}/v1/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    expect(answer.status).toBe(200)
    await answer.text()
  }
  const engine = async () => {
    const answer = await fetch(`${gateway.gateway.controlUrl}/api/reconciliation`)
    const { engines } = (await answer.json()) as {
      engines: {
        replica: string
        prompt: { engineTokens: number; bookedTokens: number }
        alarm: string | null
      }[]
    }
    return engines[0]
  }
  const isUnequal = () => gateway.notices.some(({ event }) => event === 'billing-counters-differ')
  // The first reading is what later ones are compared with.
  await new Promise(resolve => setTimeout(resolve, 1500))
  for (let index = 0; index < 20; index++) await ask(gateway.url)
  await expect.poll(engine, patience).toMatchObject({ replica: 'r0', alarm: null })
  const said = (await engine())!.prompt
  expect(said.bookedTokens).toBeGreaterThan(20_000)
  expect(said.engineTokens).toBe(said.bookedTokens)
  expect(isUnequal()).toBe(false)
  for (let index = 0; index < 5; index++) await ask(emulator.url)
  await expect.poll(isUnequal, patience).toBe(true)
  expect((await engine())!.alarm).toContain('somebody else uses the engine')
})
