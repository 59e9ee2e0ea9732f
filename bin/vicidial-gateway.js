#!/usr/bin/env node
import { existsSync } from 'node:fs'

// Plain JavaScript that an old Node can read, so that it can say which Node is needed. A checkout runs from its sources
// without a build. A package contains the built files, because Node does not strip types under node_modules.
const [major, minor, patch] = process.versions.node.split('.').map(Number)
// The first with SQLite 3.51, whose write-ahead log can be looked at without copying it: see engines in package.json.
const isNewEnough =
  major > 24 ||
  (major === 24 && minor >= 15) ||
  (major === 22 && (minor > 22 || (minor === 22 && patch >= 2)))
if (!isNewEnough) {
  process.stderr.write(
    `vicidial-gateway needs Node 22.22.2 or newer, or 24.15 or newer; this is ${process.versions.node}.\n`
  )
  process.exitCode = 1
} else {
  // Node 22 calls its SQLite experimental.
  const [print] = process.listeners('warning')
  process.removeAllListeners('warning')
  process.on('warning', (warning) => warning.name === 'ExperimentalWarning' || print?.(warning))
  const source = new URL('../src/tools/cli/main.ts', import.meta.url)
  const built = new URL('../dist/src/tools/cli/main.js', import.meta.url)
  await import(existsSync(source) ? source.href : built.href)
}
