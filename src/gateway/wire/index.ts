/**
 * The bytes on both sides of the gateway: what a request asks, what goes upstream, what comes back, what it used. Requests are
 * scanned and changed as bytes where both sides speak one dialect, and translated field by field where they do not; usage
 * is read from any dialect into classes that do not overlap. Synchronous: no sockets, no clock, no files. Assumes that a
 * body is whole when it is read, and that an answer's API is known.
 */

export { type AnswerApi, type AnswerFacts, newAnswerFacts } from './answer-facts.ts'
export { type RewrittenBody, readBody, rewriteBody } from './body-rewrite.ts'
export { type ErrorDialect, errorBody, errorEvent, errorHeaders, upstreamError } from './error-body.ts'
export {
  GatewayError,
  type GatewayErrorCode,
  type GatewayErrorDetails,
  gatewayErrorCodes,
  invalidField,
  unsupportedField,
} from './gateway-error.ts'
export {
  type CheckedHeaders,
  checkContentType,
  checkRequestHeaders,
  clientHeaders,
  defaultHeaderLimits,
  type HeaderLimits,
  passedRequestHeaders,
  passedResponseHeaders,
  upstreamHeaders,
} from './headers.ts'
export { defaultScanLimits, type FieldSpan, type ScanLimits, type ScannedObject } from './json-scan.ts'
export { type MultipartFacts, multipartSplices, readMultipart } from './multipart-request.ts'
export {
  type JsonApi,
  type RequestFacts,
  readRequest,
  type UpstreamChanges,
  upstreamSplices,
} from './request-facts.ts'
export { type Splice, spliced, splicedPieces } from './splice.ts'
export { createStreamRewriter, type StreamRewriteOptions, type StreamRewriter } from './stream-rewrite.ts'
export { chatToMessagesAnswer } from './translation/chat-answer.ts'
export { chatToMessagesRequest, type ToMessagesOptions } from './translation/chat-request.ts'
export { chatToMessagesStream } from './translation/chat-stream.ts'
export { messagesToChatAnswer } from './translation/messages-answer.ts'
export {
  messagesToChatRequest,
  type ToChatOptions,
  type TranslatedRequest,
} from './translation/messages-request.ts'
export { messagesToChatStream, type ToChatStreamOptions } from './translation/messages-stream.ts'
export {
  anthropicUsage,
  completionsUsage,
  llamaTimings,
  responsesUsage,
  type SaidCounts,
  type UsageCorrection,
  type WireUsage,
} from './wire-usage.ts'
