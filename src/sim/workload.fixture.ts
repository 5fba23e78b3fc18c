/** Workloads of tests: a list of requests, and clients that send the next when the last one ended. */
import type { Workload, WorkloadRequest } from '../workload/request.ts'

export function listed(requests: readonly WorkloadRequest[]): Workload {
  let next = 0
  return {
    totalRequests: requests.length,
    accept: () => {},
    nextUs: () => requests[next]?.arrivalUs ?? Number.POSITIVE_INFINITY,
    wake(nowUs, out) {
      while (next < requests.length && requests[next]!.arrivalUs <= nowUs) out.push(requests[next++]!)
    },
  }
}

/** Each client sends a request as soon as its last one is over, `rounds` times. */
export function clients(
  count: number,
  rounds: number,
  make: (id: number, arrivalUs: number, client: number) => WorkloadRequest,
): Workload {
  let id = 0
  let started = false
  const left = new Array<number>(count).fill(rounds)
  const send = (nowUs: number, client: number, out: WorkloadRequest[]): void => {
    if (left[client]! <= 0) return
    left[client]!--
    out.push(make(id++, nowUs, client))
  }
  return {
    totalRequests: count * rounds,
    accept: (nowUs, { request }, out) => send(nowUs, request.session, out),
    nextUs: () => (started ? Number.POSITIVE_INFINITY : 0),
    wake(nowUs, out) {
      started = true
      for (let client = 0; client < count; client++) send(nowUs, client, out)
    },
  }
}
