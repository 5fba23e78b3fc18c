/** Reads the built page into memory, packed once: it is some 3 MB, and every answer is then a look-up. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join, sep } from 'node:path'
import { gzipSync } from 'node:zlib'
import { fileFault } from '../core/file-fault.ts'
import type { Asset, Assets } from './assets.ts'

const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.woff2': 'font/woff2',
}

/** Every file below a folder. Throws when the folder cannot be read. */
export function loadAssets(folder: string): Assets {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
    return new Map(
      entries
        .filter(entry => entry.isFile())
        .map(entry => {
          const path = join(entry.parentPath, entry.name)
          const name = path.slice(folder.length).split(sep).filter(Boolean).join('/')
          return [name, assetOf(name, readFileSync(path))] as const
        }),
    )
  } catch (error) {
    throw fileFault(error, 'read the dashboard', {
      where: folder,
      fix: 'in a checkout: npm run build:web; otherwise reinstall tokenwright',
    })
  }
}

function assetOf(name: string, body: Uint8Array): Asset {
  const packed = gzipSync(body, { level: 6 })
  return {
    contentType: contentTypes[extname(name)] ?? 'application/octet-stream',
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
    immutable: name.startsWith('assets/'),
    body,
    gzip: packed.byteLength < body.byteLength * 0.95 ? packed : null,
  }
}
