import { parsed } from './shown.ts'

/** Whether a block shows lines of the gateway's log, and nothing else. */
export function isLog(text: string): boolean {
  return text.split('\n').every((line) => {
    const value = parsed(line) as { level?: unknown; msg?: unknown } | undefined
    return typeof value?.level === 'number' && typeof value.msg === 'string'
  })
}
