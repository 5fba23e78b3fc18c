/** Reads multipart/form-data (RFC 7578) that is in memory as a whole: the form of an uploaded sound. */
import { badRequest } from '../api-error.ts'

export interface FormPart {
  readonly name: string
  readonly fileName: string | null
  readonly content: Buffer
}

/** Parts in their order. Throws a 400 for what is no multipart form. */
export function readMultipart(body: Buffer, contentType: string): FormPart[] {
  const boundary = /^multipart\/form-data\b.*;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType)
  const mark = boundary?.[1] ?? boundary?.[2]
  if (mark === undefined) throw badRequest('The body must be multipart/form-data with a boundary.', null)
  const delimiter = Buffer.from(`--${mark}`)
  const parts: FormPart[] = []
  let at = body.indexOf(delimiter)
  while (at >= 0) {
    const start = at + delimiter.length
    // Two hyphens behind the boundary end the form.
    if (body[start] === 0x2d && body[start + 1] === 0x2d) return parts
    const next = body.indexOf(delimiter, start)
    const headEnd = body.indexOf('\r\n\r\n', start)
    if (next < 0 || headEnd < 0 || headEnd > next) break
    const head = body.toString('utf8', start, headEnd)
    const name = /\bname="([^"]*)"/i.exec(head)?.[1]
    if (name === undefined) throw badRequest('A part of the form has no name.', null)
    const fileName = /\bfilename="([^"]*)"/i.exec(head)?.[1] ?? null
    parts.push({ name, fileName, content: body.subarray(headEnd + 4, Math.max(headEnd + 4, next - 2)) })
    at = next
  }
  throw badRequest('The form is cut off: its last boundary is missing.', null)
}
