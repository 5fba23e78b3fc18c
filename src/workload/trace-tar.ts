/** Files of a tar archive in memory: ustar with GNU and pax long names (POSIX.1-2017 pax, "ustar Interchange Format"). */
import { TokenwrightError } from '../core/errors.ts'

export interface TarFile {
  readonly name: string
  readonly bytes: Uint8Array
}

const blockBytes = 512

/** Regular files in the order of the archive. Throws TokenwrightError('trace') when it is damaged or cut off. */
export function tarFiles(archive: Uint8Array, source: string): TarFile[] {
  const files: TarFile[] = []
  let position = 0
  let longName: string | null = null
  while (position + blockBytes <= archive.length) {
    const header = archive.subarray(position, position + blockBytes)
    // Blocks of zeros end an archive; without them files may be missing.
    if (header.every(byte => byte === 0)) return files
    if (!checksumHolds(header)) throw damaged(source, `no header of a file at byte ${position}`)
    const size = octal(header, 124, 12)
    const start = position + blockBytes
    if (start + size > archive.length) throw damaged(source, `it ends within ${text(header, 0, 100)}`)
    const bytes = archive.subarray(start, start + size)
    const kind = String.fromCharCode(header[156]!)
    if (kind === 'L') longName = text(bytes, 0, size)
    else if (kind === 'x') longName = /\d+ path=(.*)\n/.exec(text(bytes, 0, size))?.[1] ?? null
    else {
      const prefix = text(header, 345, 155)
      const name = longName ?? (prefix === '' ? '' : `${prefix}/`) + text(header, 0, 100)
      if (kind === '0' || kind === '\0') files.push({ name, bytes })
      longName = null
    }
    position = start + Math.ceil(size / blockBytes) * blockBytes
  }
  throw damaged(source, 'it has no end')
}

/** Sum of the header's bytes with its own field taken as blanks. */
function checksumHolds(header: Uint8Array): boolean {
  let sum = 0
  for (let index = 0; index < blockBytes; index++) sum += index >= 148 && index < 156 ? 32 : header[index]!
  return sum === octal(header, 148, 8)
}

function octal(bytes: Uint8Array, start: number, length: number): number {
  const digits = text(bytes, start, length).trim()
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN
}

/** UTF-8 up to the first zero byte. */
function text(bytes: Uint8Array, start: number, length: number): string {
  const field = bytes.subarray(start, start + length)
  const end = field.indexOf(0)
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end))
}

function damaged(source: string, what: string): TokenwrightError {
  return new TokenwrightError('trace', `the tar archive is damaged or cut off: ${what}`, {
    where: source,
    fix: 'fetch it again, or unpack it and give the folder',
  })
}
