import asyncHooks from 'node:async_hooks'
import { createRequire, syncBuiltinESMExports } from 'node:module'

/**
 * Loaded before each file that tap runs (`.taprc`). Leaves out what tap does for features that are not used here, and that
 * takes a third of the processor's time. A run that measures coverage keeps what it needs.
 */

// tap follows every promise, so that it knows the test of an error that nobody catches. Such an error now ends the process,
// and fails the whole file.
const hook: ReturnType<typeof asyncHooks.createHook> = { enable: () => hook, disable: () => hook }
asyncHooks.createHook = () => hook
syncBuiltinESMExports()

// tap loads itself, and source maps, into every process that a test starts.
if (process.env['_TAPJS_PROCESSINFO_COVERAGE_'] === '0') {
  const { removeAllListeners } = createRequire(import.meta.url)('process-on-spawn') as {
    removeAllListeners(): void
  }
  removeAllListeners()
  Reflect.deleteProperty(process.env, 'NODE_OPTIONS')
  process.setSourceMapsEnabled(false)
}
