/** Entry of the child process that serves the known endpoint: a server shares no event loop with its load generator. */
import { type KnownEndpointSettings, startKnownEndpoint } from './known-endpoint.ts'

process.once('message', async (settings: KnownEndpointSettings) => {
  const emulator = await startKnownEndpoint(settings)
  process.send?.({ port: emulator.port })
  process.once('message', async () => {
    await emulator.close()
    process.disconnect?.()
  })
  process.once('disconnect', () => process.exit(0))
})
