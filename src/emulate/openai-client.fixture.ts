/** The official client of OpenAI, unchanged, on an emulator that wants a key. */
import OpenAI from 'openai'
import { type RunningEmulator, startTestEmulator } from './emulator.fixture.ts'

export interface ClientAndEmulator {
  readonly emulator: RunningEmulator
  readonly client: OpenAI
}

export async function startWithClient(): Promise<ClientAndEmulator> {
  const emulator = await startTestEmulator({ apiKeys: ['secret'] })
  return { emulator, client: clientOf(emulator, 'secret') }
}

/** Without retries, so that every answer is seen. */
export function clientOf(emulator: RunningEmulator, apiKey = 'none'): OpenAI {
  return new OpenAI({ apiKey, baseURL: `${emulator.url}/v1`, maxRetries: 0 })
}

export const hello = [{ role: 'user' as const, content: 'Say hello to everybody in the room, please.' }]

export const tools = [
  {
    type: 'function' as const,
    function: {
      name: 'get_weather',
      parameters: {
        type: 'object',
        properties: {
          city: { type: 'string' },
          unit: { type: 'string', enum: ['celsius', 'fahrenheit'] },
          days: { type: 'integer', minimum: 1, maximum: 7 },
          note: { type: 'string' },
        },
        required: ['city', 'unit', 'days'],
      },
    },
  },
]
