/**
 * Where llama.cpp is installed, in the shape of the npm package node-llama-cpp with a prebuilt library for this machine. The
 * project does not depend on it: it takes 85 MB, and an ordinary `npm install` of it brings builds for CUDA and Vulkan,
 * 725 MB together. Its own lock file has just what is needed:
 *
 *   npm ci --prefix test/real-engine/runtime --omit=optional --ignore-scripts
 *
 * or anywhere else, named by TOKENWRIGHT_LLAMA_FOLDER.
 */
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'

export type FoundLlama =
  | { readonly found: true; readonly entry: string }
  | { readonly found: false; readonly reason: string }

const here = import.meta.dirname
const remedy = 'npm ci --prefix test/real-engine/runtime --omit=optional --ignore-scripts'

/** The folder named by the environment alone, or else the runtime folder, or the project. */
export function findLlama(named = process.env.TOKENWRIGHT_LLAMA_FOLDER ?? ''): FoundLlama {
  const folders = named !== '' ? [named] : [join(here, 'runtime'), resolve(here, '../..')]
  for (const folder of folders) {
    const modules = join(folder, 'node_modules')
    const entry = join(modules, 'node-llama-cpp/dist/index.js')
    if (!existsSync(entry)) continue
    const builds = join(modules, '@node-llama-cpp')
    // Windows and Macs call their builds win-x64, mac-arm64-metal and so on.
    const system = process.platform === 'darwin' ? 'mac' : process.platform === 'win32' ? 'win' : 'linux'
    const build = `${system}-${process.arch}`
    if (existsSync(builds) && readdirSync(builds).some(name => name.startsWith(build)))
      return { found: true, entry }
    return { found: false, reason: `${folder} has node-llama-cpp without a build for ${build}: ${remedy}` }
  }
  return { found: false, reason: `no llama.cpp in ${folders.join(' or ')}: ${remedy}` }
}
