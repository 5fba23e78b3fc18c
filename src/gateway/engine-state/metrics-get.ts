/** GETs of metrics over connections that are kept: a hundred replicas a second must cost next to nothing, and fetch costs several times that. */
import { Agent as HttpAgent, get as httpGet, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, get as httpsGet } from 'node:https'

export interface MetricsGet {
  /** The body of a 200; rejects otherwise. */
  get(url: string): Promise<string>
  close(): void
}

/** A replica's metrics are some hundred kilobytes at most (vLLM with many adapters); more is something else (assumed). */
const mostBytes = 8 * 1024 * 1024

/** timeoutMs: from the request to the last byte. Redirects are not followed: metrics are where the configuration says. */
export function createMetricsGet(timeoutMs: number): MetricsGet {
  const options = { keepAlive: true, maxSockets: 1, maxFreeSockets: 1 }
  const http = new HttpAgent(options)
  const https = new HttpsAgent(options)
  return {
    get: url =>
      new Promise((resolve, reject) => {
        const isSecure = url.startsWith('https:')
        const answered = (response: IncomingMessage): void => {
          if (response.statusCode !== 200) {
            response.resume()
            reject(new Error(`HTTP ${response.statusCode}`))
            return
          }
          const chunks: Buffer[] = []
          let bytes = 0
          response.on('data', (chunk: Buffer) => {
            bytes += chunk.length
            if (bytes > mostBytes) request.destroy(new Error(`more than ${mostBytes} bytes`))
            else chunks.push(chunk)
          })
          response.on('end', () => resolve(Buffer.concat(chunks).toString()))
          response.on('error', reject)
        }
        const request = isSecure
          ? httpsGet(url, { agent: https }, answered)
          : httpGet(url, { agent: http }, answered)
        const timer = setTimeout(
          () => request.destroy(new Error(`no answer within ${timeoutMs} ms`)),
          timeoutMs,
        )
        request.on('error', reject)
        request.on('close', () => clearTimeout(timer))
      }),
    close() {
      http.destroy()
      https.destroy()
    },
  }
}
