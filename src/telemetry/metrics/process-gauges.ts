import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, Gauge, type Registry } from '@prometheus-io/client'
import { VERSION } from '../version.ts'
import { PREFIX } from './metrics.ts'

/** How often the event loop is sampled, in milliseconds. The measured delay includes it. */
const RESOLUTION_MS = 20
const NS_PER_MS = 1_000_000

/**
 * Adds gauges for the CPU and memory of the process, under the usual Prometheus names, for the event loop delay, and for
 * lines that the log lost.
 * The library's own collection is not used, because it cannot be stopped.
 * @returns stops the sampling of the event loop
 */
export function addProcessGauges(registry: Registry, droppedLogLines: () => number): () => void {
  const registers = [registry]
  const add = (name: string, help: string, read: () => number) => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read())
      }
    })
  }
  new Gauge({
    name: `${PREFIX}build_info`,
    help: 'Always 1: the versions are in the labels.',
    labelNames: ['version', 'node'],
    registers
  }).set({ version: VERSION, node: process.versions.node }, 1)
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'CPU time that the process has used.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage()
      this.reset()
      this.inc((user + system) / 1e6)
    }
  })
  new Counter({
    name: `${PREFIX}log_lines_dropped_total`,
    help: 'Lines of the log that were dropped, because they could not be written.',
    registers,
    collect() {
      this.reset()
      this.inc(droppedLogLines())
    }
  })
  add('process_resident_memory_bytes', 'Resident memory of the process.', () => process.memoryUsage.rss())
  add('process_start_time_seconds', 'When the process started, since the epoch.', () =>
    Math.round(performance.timeOrigin / 1_000)
  )
  add('nodejs_heap_size_used_bytes', 'Heap in use.', () => process.memoryUsage().heapUsed)

  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  new Gauge({
    name: `${PREFIX}event_loop_delay_seconds`,
    help: 'How late the event loop was since the last scrape.',
    labelNames: ['measure'],
    registers,
    collect() {
      for (const [measure, ns] of [
        ['mean', delay.mean],
        ['p99', delay.percentile(99)],
        ['max', delay.max]
      ] as const) {
        const ms = delay.count === 0 ? 0 : ns / NS_PER_MS - RESOLUTION_MS
        this.set({ measure }, Math.max(0, ms) / 1_000)
      }
      delay.reset()
    }
  })
  return () => {
    delay.disable()
  }
}
