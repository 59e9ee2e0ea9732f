import { test } from 'tap'
import type { CallerEntry } from '../../../src/config/callers/caller-schema.ts'
import { readCallers } from '../../../src/config/callers/read-callers.ts'

/** Reads one entry, and returns the caller and the faults. */
function readEntry(entry: Partial<CallerEntry>) {
  const faults: string[] = []
  const whole: CallerEntry = {
    name: 'web',
    key_hashes: [`sha256:${'a'.repeat(64)}`],
    permissions: '*',
    ...entry
  }
  const [read] = readCallers(
    [{ pointer: '/callers/0', entry: whole }],
    new Set(['color']),
    new Set(['crm']),
    (pointer, what) => {
      faults.push(`${pointer} ${what}`)
    }
  )
  return { read, faults }
}

test('a key without an expiry date never expires', async (t) => {
  const { read, faults } = readEntry({ key_hashes: [{ hash: `sha256:${'b'.repeat(64)}` }] })
  t.strictSame([read?.keys, faults], [[{ hash: 'b'.repeat(64) }], []])
})

test('"*" permits every name, and left-out lists permit none', async (t) => {
  const { read, faults } = readEntry({ permissions: { routes: '*', fields: '*', custom_fields: '*' } })
  t.strictSame(faults, [])
  t.match(read?.permissions, {
    routes: '*',
    updates: { fields: '*', customFields: '*', statuses: new Set() }
  })
})

test('a caller uses its own VICIdial account, by default that of VICIDIAL_USER', async (t) => {
  t.equal(readEntry({ account: 'branch' }).read?.account, 'branch')
  t.equal(readEntry({}).read?.account, 'default')
})
