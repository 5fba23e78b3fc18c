#!/usr/bin/env node
// Starts the command line: the sources in a checkout (never a stale build), the compiled files in the published package,
// which holds no sources. An older Node hands over to the one installed as a development dependency
// (docs/decisions/0006-own-node.md).
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const compiled = new URL('../dist/cli/main.js', import.meta.url)
const source = new URL('../src/cli/main.ts', import.meta.url)
const bundledNode = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url))

const [major, minor] = process.versions.node.split('.').map(Number)
const recentEnough = major > 22 || (major === 22 && minor >= 18)

if (recentEnough) {
  await import((existsSync(source) ? source : compiled).href)
} else if (existsSync(bundledNode)) {
  const { status, signal, error } = spawnSync(
    bundledNode,
    [fileURLToPath(import.meta.url), ...process.argv.slice(2)],
    {
      stdio: 'inherit',
    },
  )
  if (error) refuse(`the Node.js in node_modules does not start: ${error.message}`)
  if (signal) process.kill(process.pid, signal)
  else process.exitCode = status ?? 1
} else {
  refuse(`tokenwright needs Node.js 22.18 or newer, this is ${process.versions.node}`)
}

/** @param {string} message */
function refuse(message) {
  process.stderr.write(
    `error [usage]: ${message}\n  fix: install Node.js 24, or run npm ci in the checkout, which brings one\n`,
  )
  process.exitCode = 2
}
