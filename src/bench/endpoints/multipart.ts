/** Forms with a file, as RFC 7578 has them. */

export interface FormFile {
  readonly field: string
  readonly fileName: string
  readonly contentType: string
  readonly bytes: Uint8Array
}

export interface Form {
  readonly contentType: string
  readonly bytes: Uint8Array
}

/** A form of texts and one file behind them. The boundary is one that the file does not contain. */
export function multipartForm(fields: readonly (readonly [string, string])[], file: FormFile): Form {
  const content = Buffer.from(file.bytes.buffer, file.bytes.byteOffset, file.bytes.byteLength)
  const boundary = freeBoundary([content, ...fields.map(([, value]) => Buffer.from(value))])
  const head = fields
    .map(
      ([name, value]) =>
        `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"\r\n\r\n${value}\r\n`,
    )
    .join('')
  const fileHead =
    `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(file.field)}"; ` +
    `filename="${quoted(file.fileName)}"\r\nContent-Type: ${file.contentType}\r\n\r\n`
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    bytes: Buffer.concat([Buffer.from(head + fileHead), content, Buffer.from(`\r\n--${boundary}--\r\n`)]),
  }
}

function freeBoundary(contents: readonly Buffer[]): string {
  for (let attempt = 0; ; attempt++) {
    const boundary = `tokenwright-form-${attempt}`
    if (!contents.some(content => content.includes(`--${boundary}`))) return boundary
  }
}

/** As browsers write names: quotes and line ends by percent (HTML, form submission). */
function quoted(name: string): string {
  return name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}
