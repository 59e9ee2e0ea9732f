import { test } from 'tap'
import { findings, type Sources } from '../../src/alerts/findings.ts'
import { StorageError } from '../../src/errors.ts'

const NOW = Date.UTC(2026, 10, 30, 9, 0)
const MINUTE = 60_000
const SETTINGS = { lateMs: 15 * MINUTE, minDiskFree: 0.1 }
const GIB = 1024 ** 3

interface Found {
  readonly states?: Record<string, Sources['states'] extends ReadonlyMap<string, infer State> ? State : never>
  readonly deadLetters?: number
  readonly oldestPendingAt?: number
  readonly fault?: string
  readonly disk?: Sources['disk']
}

/** What is found, by kind: its text if it is wrong, else false. */
function found({ states = {}, deadLetters = 0, fault, disk, ...queue }: Found, settings = SETTINGS) {
  const sources = {
    states: new Map(Object.entries(states)),
    outbox: { fault, queue: { size: { deadLetters }, oldestPendingAt: queue.oldestPendingAt } },
    disk
  }
  return Object.fromEntries(
    findings(sources, settings, NOW).map(({ kind, account, isWrong, text }) => [
      account === undefined ? kind : `${kind} ${account}`,
      isWrong && text
    ])
  )
}

const RIGHT = { dead_letters: false, delivery_late: false, storage_failing: false }

test('a gateway with nothing to do has no alert', async (t) => {
  t.strictSame(found({}), RIGHT)
  t.strictSame(found({ states: { default: { state: 'unknown' } } }), RIGHT)
})

test('each state of VICIdial is an alert of its account, or ends what it disproves', async (t) => {
  const of = (state: 'reachable' | 'unreachable' | 'login_refused' | 'locked_out') => {
    const {
      dead_letters: _,
      delivery_late: __,
      storage_failing: ___,
      ...rest
    } = found({ states: { sales: { state } } })
    return rest
  }
  t.strictSame(of('reachable'), { 'login_refused sales': false, 'unreachable sales': false })
  t.strictSame(of('unreachable'), {
    'unreachable sales':
      'VICIdial does not answer the account sales, so the circuit is open: direct requests are refused, stored updates wait.'
  })
  t.strictSame(of('login_refused'), {
    'login_refused sales':
      'VICIdial refuses the login of the account sales. No updates are sent with it. Check its user and password.',
    'unreachable sales': false
  })
  t.strictSame(of('locked_out'), {
    'login_refused sales':
      'VICIdial has locked the account sales. No updates are sent with it. Find out who uses it with a wrong password.',
    'unreachable sales': false
  })
})

test('dead letters are counted', async (t) => {
  t.match(found({ deadLetters: 1 }), { dead_letters: '1 update was given up so far: dead letters.' })
  t.match(found({ deadLetters: 20 }), { dead_letters: '20 updates were given up so far: dead letters.' })
})

test('the oldest stored update may wait as long as the settings say', async (t) => {
  const waited = (ms: number) => found({ oldestPendingAt: NOW - ms })['delivery_late']
  t.equal(waited(15 * MINUTE), false)
  t.equal(waited(15 * MINUTE + 1), 'The oldest stored update has waited for 15 minutes.')
  t.equal(waited(100 * MINUTE), 'The oldest stored update has waited for 100 minutes.')
  const soon = found({ oldestPendingAt: NOW - MINUTE - 1 }, { ...SETTINGS, lateMs: MINUTE })
  t.equal(soon['delivery_late'], 'The oldest stored update has waited for 1 minute.')
})

test('a database that cannot be read leaves the wait unknown', async (t) => {
  const broken = (error: Error): Sources => ({
    states: new Map(),
    outbox: {
      fault: 'disk I/O error at /secret/path',
      queue: {
        size: { deadLetters: 0 },
        get oldestPendingAt(): number {
          throw error
        }
      }
    },
    disk: undefined
  })
  const kinds = findings(broken(new StorageError('x')), SETTINGS, NOW).map(({ kind, isWrong }) => [
    kind,
    isWrong
  ])
  t.strictSame(kinds, [
    ['dead_letters', false],
    ['storage_failing', true]
  ])
  t.throws(() => findings(broken(new Error('a bug')), SETTINGS, NOW), /a bug/)
  t.notMatch(JSON.stringify(findings(broken(new StorageError('x')), SETTINGS, NOW)), /secret/)
})

test('the disk is nearly full below the part that the settings say', async (t) => {
  const full = (free: number) => found({ disk: { free, total: 100 * GIB } })['disk_nearly_full']
  t.equal(full(10 * GIB), false)
  t.equal(full(10 * GIB - 1), '9 % of the disk of DATA_DIR is free, 10.0 GiB.')
  t.equal(full(0), '0 % of the disk of DATA_DIR is free, 0.0 GiB.')
})
