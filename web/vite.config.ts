/** Builds web/ into dist/web: one page, a worker that holds the pure rooms, the facts beside it as files. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin } from 'vite'

const here = fileURLToPath(new URL('.', import.meta.url))
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string
}

/** What runs in the page is pure: an import of Node, or of a package that is not the page's, ends the build. */
function refuseNode(): Plugin {
  return {
    name: 'refuse-node',
    enforce: 'pre',
    resolveId(id, importer) {
      if (id.startsWith('node:')) throw new Error(`${importer} imports ${id}: the page runs pure rooms only`)
      return null
    },
  }
}

export default defineConfig({
  root: here,
  base: './',
  publicDir: false,
  define: { __TOKENWRIGHT_VERSION__: JSON.stringify(version) },
  plugins: [refuseNode()],
  worker: { format: 'es', plugins: () => [refuseNode()] },
  build: {
    outDir: fileURLToPath(new URL('../dist/web', import.meta.url)),
    emptyOutDir: true,
    target: 'es2023',
    // Nothing inline: the page's policy allows its own files only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // What is bundled is under licences that ask to be named.
    license: { fileName: 'licenses.md' },
    chunkSizeWarningLimit: 700,
  },
})
