import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { push } from '../../../src/tools/push/push.ts'
import { API_KEY, dataDir, startGateway } from '../../helper.ts'
import { run, setEnv } from '../cli/run.ts'
import { pushOptions } from './options.ts'

const CONTACTS = `Phone,Stage,Town
+1 (212) 555-0101,Closed Won,Jersey City
+1 (212) 555-0102,Closed Lost,
+1 (212) 555-0103,Open,Newark
,Closed Won,
+1 (212) 555-0104,Maybe,
`
const MAPPING = `when: Stage != "Open"
lead:
  phone_number: $substringAfter(Phone, "+1 ")
fields:
  status: Stage
  city: Town
values:
  status:
    table: { Closed Won: SALE, Closed Lost: NI }
    otherwise: reject
`

/** Starts a gateway for commands, with a file and a mapping for it. */
async function startFor(t: Test, yaml: string) {
  const gateway = await startGateway(t)
  setEnv(t, 'GATEWAY_URL', gateway.origin)
  setEnv(t, 'GATEWAY_KEY', API_KEY)
  const folder = dataDir(t)
  const [file, mapping] = [join(folder, 'contacts.csv'), join(folder, 'contacts.yaml')]
  writeFileSync(file, CONTACTS)
  writeFileSync(mapping, yaml)
  return { gateway, file, mapping }
}

test('push --mapping: rows become updates as the file says', async (t) => {
  const { gateway, file, mapping } = await startFor(t, MAPPING)
  const { exitCode, stdout, stderr } = await run('push', file, '--mapping', mapping, '--json')
  t.strictSame([exitCode, stderr], [1, ''])
  t.match(JSON.parse(stdout), {
    rows: 5,
    by_status: { updated: 2, ignored: 1, rejected: 2 },
    complete: true,
    rejects: `${file}.rejects.csv`
  })
  const byPhone = (phone: string) =>
    Object.values(gateway.sandbox.leads()).find(({ phone_number }) => phone_number === phone)
  t.match(byPhone('2125550101'), { status: 'SALE', city: 'Jersey City' })
  t.match(byPhone('2125550102'), { status: 'NI' })
  t.match(byPhone('2125550103'), { status: 'NEW' })
  const rejects = readFileSync(`${file}.rejects.csv`, 'utf8').trimEnd().split('\n')
  t.match(rejects.slice(1), [
    /^,Closed Won,,5,rejected,key_missing,phone_number,/,
    /^\+1 \(212\) 555-0104,Maybe,,6,rejected,field_invalid,status,.*The expression is: Stage/
  ])
  const again = await run('push', file, '--mapping', mapping)
  t.match(again.stdout, /^ {2}ignored +1$/m)
  writeFileSync(mapping, MAPPING.replace('SALE', 'XFER'))
  const other = await run('push', file, '--mapping', mapping)
  t.match(other, {
    exitCode: 2,
    stderr: /different push: mapping was "sha256:\w+", now it is "sha256:\w+"\./
  })
})

test('a push whose rows all are updated or ignored succeeds', async (t) => {
  const gateway = await startGateway(t)
  const folder = dataDir(t)
  const [file, mapping] = [join(folder, 'contacts.jsonl'), join(folder, 'contacts.yaml')]
  writeFileSync(file, '{"id":1,"person":{"town":"Newark"}}\n{"id":2,"person":{}}\n')
  writeFileSync(mapping, 'lead: { lead_id: id }\nfields: { city: person.town }')
  const summary = await push(pushOptions(gateway.origin, file, { mapping: { file: mapping } }))
  t.match(summary, { totals: { byStatus: { updated: 1, ignored: 1 } }, rejects: undefined, waiting: 0 })
  t.match(gateway.sandbox.leads()[1], { city: 'Newark' })
})

test('push --mapping refuses options that it replaces, and names every fault of the file', async (t) => {
  const broken = 'lead: { lead_id: id }\nfields: { stauts: Stage, city: $upper( }'
  const { gateway, file, mapping } = await startFor(t, broken)
  for (const option of [['--map', 'A=b'], ['--set', 'a=b'], ['--null-words'], ['--custom-prefix', 'cf_']]) {
    const { exitCode, stderr } = await run('push', file, '--mapping', mapping, ...option)
    t.equal(exitCode, 2)
    t.match(stderr, `error: option '--mapping <file>' cannot be used with option '${option[0]}`)
  }
  const { exitCode, stdout, stderr } = await run('push', file, '--mapping', mapping)
  t.strictSame([exitCode, stdout], [2, ''])
  t.match(stderr.trimEnd().split('\n'), [
    /^--mapping .*contacts\.yaml, line \d+: fields\.city: is not valid JSONata/,
    /^--mapping .*contacts\.yaml, line \d+: fields\.stauts: is not a field of a lead; perhaps status is meant\.$/
  ])
  t.match((await run('push', file, '--mapping', `${mapping}.gone`)).stderr, 'cannot be read (ENOENT).')
  t.strictSame(gateway.sandbox.calls(), [])
})
