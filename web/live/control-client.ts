/** Asks the gateway that serves this page. A token, where it wants one, lasts as long as the tab. */

export class ControlRefusal extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

const tokenKey = 'tokenwright-control-token'
let token: string | null = storedToken()

export function hasToken(): boolean {
  return token !== null
}

export function keepToken(text: string | null): void {
  token = text
  try {
    if (text === null) sessionStorage.removeItem(tokenKey)
    else sessionStorage.setItem(tokenKey, text)
  } catch {
    // Storage may be off: then it lasts until the page is left.
  }
}

function storedToken(): string | null {
  try {
    return sessionStorage.getItem(tokenKey)
  } catch {
    return null
  }
}

/** Who serves this page: a gateway, or only the dashboard. */
export async function servedByGateway(): Promise<boolean> {
  const response = await fetch('./health', { cache: 'no-store' })
  if (!response.ok) return false
  const answer: unknown = await response.json().catch(() => null)
  if (typeof answer !== 'object' || answer === null) return false
  return 'status' in answer && answer.status === 'up' && !('serves' in answer)
}

/** Path without the leading slash. Throws a ControlRefusal with the control plane's own words. */
export async function askControl<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await openControl(path, signal)
  return (await response.json()) as T
}

export async function openControl(path: string, signal?: AbortSignal): Promise<Response> {
  const response = await fetch(`./${path}`, {
    cache: 'no-store',
    ...(token === null ? {} : { headers: { authorization: `Bearer ${token}` } }),
    ...(signal === undefined ? {} : { signal }),
  })
  if (response.ok) return response
  const body = (await response.json().catch(() => null)) as { error?: { message?: string } } | null
  throw new ControlRefusal(response.status, body?.error?.message ?? `the gateway answered ${response.status}`)
}
