#!/usr/bin/env node
import { existsSync } from 'node:fs'

// Plain JavaScript that an old Node can read, so that it can say which Node is needed. A checkout runs from its sources
// without a build. A package contains the built files, because Node does not strip types under node_modules.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 24 || (major === 24 && minor < 15)) {
  process.stderr.write(`vicidial-gateway needs Node 24.15 or newer; this is ${process.version}.\n`)
  process.exitCode = 1
} else {
  const source = new URL('../src/tools/cli/main.ts', import.meta.url)
  const built = new URL('../dist/src/tools/cli/main.js', import.meta.url)
  await import(existsSync(source) ? source.href : built.href)
}
