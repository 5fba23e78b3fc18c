/** Answers that are errors, in the shape of OpenAI's API; types and codes as vLLM gives them. */

export interface ApiProblem {
  readonly status: number
  readonly message: string
  readonly type: string
  readonly param: string | null
  readonly code: string | number | null
  /** Retry-After header, whole seconds; null for none. */
  readonly retryAfterSeconds: number | null
}

/** Thrown while a request is read, and answered with its problem. Never leaves the server. */
export class ApiError extends Error {
  readonly problem: ApiProblem

  constructor(problem: ApiProblem) {
    super(problem.message)
    this.name = 'ApiError'
    this.problem = problem
  }
}

/** vLLM's names of errors by status (vllm/entrypoints, create_error_response); others by OpenAI's. */
const typeOfStatus: Readonly<Record<number, string>> = {
  400: 'BadRequestError',
  401: 'invalid_request_error',
  404: 'NotFoundError',
  405: 'MethodNotAllowedError',
  413: 'RequestTooLargeError',
  429: 'rate_limit_error',
  500: 'InternalServerError',
  501: 'NotImplementedError',
  503: 'ServiceUnavailableError',
}

export function problem(
  status: number,
  message: string,
  param: string | null = null,
  retryAfterSeconds: number | null = null,
): ApiProblem {
  const type = typeOfStatus[status] ?? (status < 500 ? 'invalid_request_error' : 'server_error')
  return { status, message, type, param, code: status, retryAfterSeconds }
}

export function badRequest(message: string, param: string | null): ApiError {
  return new ApiError(problem(400, message, param))
}

/** The body of an error answer, and the object that a stream carries when it breaks off. */
export function problemJson(value: ApiProblem): string {
  const { message, type, param, code } = value
  return JSON.stringify({ error: { message, type, param, code } })
}

/**
 * vLLM's words for a prompt that does not fit with the answer asked for, as its servers gave them in 2026 ("This model's
 * maximum context length is … However, you requested … output tokens and your prompt contains at least …").
 */
export function contextLengthProblem(limit: number, outputTokens: number, inputTokens: number): ApiProblem {
  return problem(
    400,
    `This model's maximum context length is ${limit} tokens. However, you requested ${outputTokens} output tokens ` +
      `and your prompt contains at least ${inputTokens} input tokens, for a total of at least ` +
      `${inputTokens + outputTokens} tokens. Please reduce the length of the input prompt or the number of ` +
      `requested output tokens. (parameter=input_tokens, value=${inputTokens})`,
    'input_tokens',
  )
}
