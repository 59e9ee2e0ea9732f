import { setTimeout as pause } from 'node:timers/promises'
import { test } from 'tap'
import { kill, terminated } from '../../durable/gateway.ts'
import { newPool, startPostgres } from '../../postgres.ts'
import { allDelivered, type ClusterGateway, ownerOf, startGateways } from './gateways.ts'
import { startVicidial } from './vicidial-front.ts'
import { Writers } from './writers.ts'

/** `npm run test:cluster` does all of it, often, with the lease that operators have, and looks at the time too. */
const IS_WHOLE = process.env['CLUSTER_ATTACK'] === 'whole'
const LEASE_MS = IS_WHOLE ? 5_000 : 2_000
const WRITERS = 12
/** The whole test has commits that are really synced. */
const FLAGS = IS_WHOLE ? ['-c', 'max_connections=200'] : undefined

/** Something that happens to the cluster. */
interface Attack {
  readonly what: string
  /** How often, in `npm test` and in the whole test. */
  readonly times: readonly [short: number, whole: number]
  /** Longest time without a call to VICIdial, in milliseconds; checked in the whole test. */
  readonly longestPauseMs: number
  readonly attack: (owner: ClusterGateway) => Promise<unknown>
}

test('whatever happens to gateways and database, nothing accepted is lost, and no newer value undone', async (t) => {
  const vicidial = await startVicidial(t)
  const postgres = await startPostgres(t, FLAGS)
  const url = await postgres.newDatabase()
  const admin = newPool(t, url)
  const gateways = await startGateways(t, 3, url, {
    VICIDIAL_URL: vicidial.url,
    CLUSTER_LEASE_MS: String(LEASE_MS),
    CLUSTER_RENEW_MS: String(LEASE_MS / 5),
    DATABASE_TIMEOUT_MS: String(LEASE_MS / 2)
  })
  const frozen = 1.6 * LEASE_MS
  const others = (owner: ClusterGateway) => gateways.filter((gateway) => gateway !== owner)

  const attacks: readonly Attack[] = [
    {
      what: 'kill -9 of the owner',
      times: [1, 30],
      longestPauseMs: 7000,
      attack: async (owner) => {
        await kill(owner.process)
        await ownerOf(others(owner))
        await owner.start()
      }
    },
    {
      what: 'kill -9 of another',
      times: [0, 10],
      longestPauseMs: 2000,
      attack: async (owner) => {
        const [other = owner] = others(owner)
        await kill(other.process)
        await other.start()
      }
    },
    {
      what: 'the owner frozen, and continued',
      times: [1, 10],
      longestPauseMs: 8500,
      attack: async (owner) => {
        owner.process.child.kill('SIGSTOP')
        await pause(frozen)
        owner.process.child.kill('SIGCONT')
      }
    },
    {
      what: 'the owner cut from the database',
      times: [0, 10],
      longestPauseMs: 8500,
      attack: async (owner) => {
        owner.link.cut()
        await pause(frozen)
        owner.link.restore()
      }
    },
    {
      what: 'every gateway restarted, one after the other',
      times: [0, 5],
      longestPauseMs: 2500,
      attack: async () => {
        for (const gateway of gateways) {
          t.equal((await terminated(gateway.process)).code, 0)
          await gateway.start()
        }
      }
    },
    {
      what: 'the database read-only for a while',
      times: [0, 3],
      longestPauseMs: 6000,
      attack: async () => {
        await admin.query('ALTER SYSTEM SET default_transaction_read_only = on')
        await admin.query('SELECT pg_reload_conf()')
        await pause(LEASE_MS / 2)
        // A session that may write, though it is told otherwise.
        const writable = await admin.connect()
        await writable.query('SET default_transaction_read_only = off')
        await writable.query('ALTER SYSTEM RESET default_transaction_read_only')
        writable.release(true)
        await admin.query('SELECT pg_reload_conf()')
      }
    },
    {
      what: 'the database restarted',
      times: [0, 3],
      longestPauseMs: 8000,
      attack: async () => {
        await postgres.stop()
        await postgres.start()
      }
    }
  ]

  const writers = new Writers(
    gateways.map(({ origin }) => origin),
    WRITERS
  )
  const sent = writers.send()
  t.teardown(() => {
    writers.stop()
  })
  for (const { what, times, longestPauseMs, attack } of attacks) {
    const pauses: number[] = []
    for (let n = 0; n < times[IS_WHOLE ? 1 : 0]; n++) {
      const owner = await ownerOf(gateways)
      await pause(LEASE_MS / 4)
      const at = performance.now()
      await attack(owner)
      await ownerOf(gateways)
      pauses.push(vicidial.longestPauseSince(at))
    }
    const seconds = pauses.map((ms) => (ms / 1_000).toFixed(1)).join(', ')
    if (pauses.length > 0) t.comment(`${what}: longest pauses without a call ${seconds} s`)
    if (IS_WHOLE) t.ok(Math.max(...pauses) <= longestPauseMs, `${what}: calls go on in time`)
  }
  writers.stop()
  await sent
  await allDelivered(gateways)
  const { stored, synchronous, repeated } = writers
  t.comment(`${stored} stored and ${synchronous} synchronous requests, ${repeated} repeated`)
  const leads = vicidial.leads()
  const wrong = [...writers.expected].filter(([lead, value]) => leads[lead]?.['comments'] !== value)
  t.same(
    wrong.map(([lead, value]) => `lead ${lead} has ${leads[lead]?.['comments']} instead of ${value}`),
    []
  )
  t.same(vicidial.overlaps, [], 'a lead is in one call at a time')
  t.ok(stored > 0 && synchronous > 0)
})
