/** Small GETs beside the load: metrics, versions, lists of models. Not for what is measured. */

/** Answers the body of a 200; anything else is an error. */
export type Get = (url: string) => Promise<string>

export interface GetSettings {
  readonly timeoutMs: number
  /** E.g. Authorization; never printed. */
  readonly headers: Readonly<Record<string, string>>
}

/** A metrics text of a large deployment is some megabytes; more is not one (assumed). */
const mostCharacters = 64 * 1024 * 1024

/** Assumed: an engine under full load still answers its metrics within a few seconds. */
const defaultTimeoutMs = 5_000

export function createGet(settings: Partial<GetSettings> = {}): Get {
  const { timeoutMs = defaultTimeoutMs, headers = {} } = settings
  return async url => {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(timeoutMs), redirect: 'follow' })
    if (!response.ok) {
      await response.body?.cancel()
      throw new Error(`HTTP ${response.status}`)
    }
    const text = await response.text()
    if (text.length > mostCharacters) throw new Error(`a body of ${text.length} characters`)
    return text
  }
}

/** Null instead of an error: for probing what may not be there. */
export async function getOrNull(get: Get, url: string): Promise<string | null> {
  try {
    return await get(url)
  } catch {
    return null
  }
}

/** Scheme, host, port and path of a base URL as users write it: without /v1, without a slash at its end, with http://. */
export function serverRoot(baseUrl: string): string {
  const withScheme = /^https?:\/\//i.test(baseUrl) ? baseUrl : `http://${baseUrl}`
  return withScheme
    .replace(/[?#].*$/, '')
    .replace(/\/+$/, '')
    .replace(/\/v1$/, '')
}
