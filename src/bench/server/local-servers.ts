/** Servers on this machine, for `bench quick`: the ports that engines listen on unless told otherwise. */
import { type DetectedServer, detectServer } from './detect-server.ts'
import type { Get } from './http-get.ts'

export interface UsualPort {
  readonly port: number
  readonly who: string
}

/** In the order in which they are taken when several answer. */
export const usualPorts: readonly UsualPort[] = [
  { port: 8000, who: 'vLLM (vllm serve), TensorRT-LLM (trtllm-serve) and the emulator' },
  { port: 30_000, who: 'SGLang (quick start)' },
  { port: 8080, who: 'llama.cpp (llama-server)' },
  { port: 11_434, who: 'Ollama' },
  { port: 1234, who: 'LM Studio' },
  { port: 8001, who: 'a second server beside 8000 (from memory: a habit, nobody’s default)' },
]

/** Every usual port at once; those that answer, in the order of `usualPorts`. */
export async function findLocalServers(
  get: Get,
  ports: readonly UsualPort[] = usualPorts,
  host = '127.0.0.1',
): Promise<DetectedServer[]> {
  const found = await Promise.all(ports.map(({ port }) => detectServer(`http://${host}:${port}`, get)))
  return found.filter(server => server !== null)
}
