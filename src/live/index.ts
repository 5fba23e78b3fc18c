/**
 * Talking to a running server and being on time: an HTTP/1.1 client that streams and tells when things happened, events out of
 * bytes, a clock, a pacer, and how busy this process was itself. It knows of no endpoint and computes no latency.
 * Assumes HTTP/1.1 (engines speak nothing else), one server a client, and a loop that nobody blocks.
 */

export { type MonotonicClock, startMonotonicClock } from './clock.ts'
export { type EventLoopMonitor, type EventLoopReport, startEventLoopMonitor } from './event-loop-delay.ts'
export {
  createEventScanner,
  type EventScanner,
  maximumEventBytes,
  type OnComment,
  type OnEvent,
} from './http/event-scanner.ts'
export { checkHeader } from './http/request-bytes.ts'
export { createStreamingClient, type StreamingClientOptions } from './http/streaming-client.ts'
export { authorityOf, parseTarget } from './http/target.ts'
export type {
  Cancellation,
  ClientStatistics,
  HttpRequest,
  HttpTarget,
  ResponseListener,
  SentFacts,
  StreamingClient,
  TransportFailure,
} from './http/types.ts'
export { createPacer, type Pacer } from './pacer.ts'
