import { type Test, test } from 'tap'
import { parse } from 'yaml'
import { readGatewayFile } from '../../../src/config/gateway-file.ts'
import { API_KEY, startStandIn } from '../../helper.ts'
import { run, setEnv } from './run.ts'

const LIST = (id: number, name: string, labels: string) =>
  `${id}\t${name}\tCAMP\tY\t2026-11-01 10:00:00\t\t${labels}\n`

/** Runs `custom-fields` on a VICIdial that answers with `reply`; returns what it was asked too. */
async function customFields(t: Test, reply: string, args: readonly string[], yaml = 'callers: []') {
  const asked: Record<string, string>[] = []
  const url = await startStandIn(t, (params, response) => {
    asked.push(params)
    response.end(reply)
  })
  setEnv(t, 'VICIDIAL_URL', url)
  setEnv(t, 'VICIDIAL_USER', 'api')
  setEnv(t, 'VICIDIAL_PASS', 'canary-s3cret')
  setEnv(t, 'API_KEY', API_KEY)
  const file = `${t.testdir({ 'gateway.yaml': yaml })}/gateway.yaml`
  setEnv(t, 'GATEWAY_CONFIG', yaml === 'callers: []' ? undefined : file)
  return { ...(await run('custom-fields', ...args)), asked }
}

test("a list's custom fields are written as the gateway file has them, with their types to complete", async (t) => {
  const { exitCode, stdout, stderr, asked } = await customFields(
    t,
    LIST(101, 'Main | <List>', 'favorite_color birthday'),
    ['--list', '101']
  )
  t.equal(
    stdout,
    `# List 101 (Main | <List>): 2 custom fields
# VICIdial lists only the names. Complete each field as its page has it (Lists, Custom Fields):
# type, options, max_length (Field Max). Types: TEXT, AREA, HIDDEN, HIDEBLOB, READONLY, NUMBER,
# DATE, TIME, SELECT, SOURCESELECT, RADIO, MULTI, CHECKBOX.
custom_fields:
  - label: favorite_color
    # type: TEXT
    # options: [first, second]
    max_length: 255 # a guess: VICIdial cuts what is longer than Field Max
  - label: birthday
    # type: TEXT
    # options: [first, second]
    max_length: 255 # a guess: VICIdial cuts what is longer than Field Max
`
  )
  t.match([exitCode, stderr], [0, 'Without a type, so not checked: favorite_color, birthday.\n'])
  t.match(asked, [{ function: 'list_custom_fields', list_id: '101', stage: 'tab', user: 'api' }])
})

test('what the gateway file says of a field is kept; the result is a sound section', async (t) => {
  const known = `
custom_fields:
  - { label: plan, type: SELECT, options: [basic, "pro: 2"] }
  - { label: birthday, type: DATE }
  - { label: nickname, type: TEXT, max_length: 12 }
  - { label: old, max_length: 7 }
  - { label: remark, type: AREA, max_length: 500 }
  - { label: tags, type: MULTI, options: [a, b], max_length: 9 }
  - { label: elsewhere, max_length: 7 }
`
  const lists = `${LIST(101, 'A', 'plan birthday nickname old remark tags')}${LIST(102, 'B\u0007', '')}${LIST(103, 'C', 'plan status 1x')}`
  const { stdout, stderr, asked } = await customFields(t, lists, ['--list', 'all'], known)
  t.match(asked, [{ list_id: '---ALL---' }])
  t.match(stdout, /# List 101 \(A\): 6 custom fields\n# List 102 \(B\u{fffd}\): 0 custom fields\n/u)
  t.match(stdout, '- label: birthday # only in 101\n')
  t.same(parse(stdout), {
    custom_fields: [
      { label: 'plan', type: 'SELECT', options: ['basic', 'pro: 2'] },
      { label: 'birthday', type: 'DATE' },
      { label: 'nickname', type: 'TEXT', max_length: 12 },
      { label: 'old', max_length: 7 },
      { label: 'remark', type: 'AREA', max_length: 500 },
      { label: 'tags', type: 'MULTI', options: ['a', 'b'], max_length: 9 }
    ]
  })
  t.equal(
    stderr,
    'Without a type, so not checked: old.\nLeft out, as the gateway does not accept these labels: status, 1x.\n'
  )
  const faults: string[] = []
  readGatewayFile(`${t.testdir({ 'gateway.yaml': stdout })}/gateway.yaml`, faults)
  t.same(faults, [])
})

test('a list without custom fields, and every refusal, is said in words', async (t) => {
  const { stdout } = await customFields(t, LIST(102, 'B', ''), ['--list', '102'])
  t.same(parse(stdout), { custom_fields: [] })
  const refusals: [reply: string, said: RegExp][] = [
    ['ERROR: list_custom_fields LIST DOES NOT EXIST: |api|999|\n', /no such list/],
    ['ERROR: list_custom_fields NOT AN ALLOWED LIST ID - 101\n', /does not belong to a campaign/],
    ['ERROR: list_custom_fields USER DOES NOT HAVE PERMISSION TO MODIFY LISTS: |api|0|\n', /Modify Lists/],
    [
      'ERROR: auth USER DOES NOT HAVE PERMISSION TO USE THIS FUNCTION: |api|list_custom_fields|\n',
      /API Allowed Functions/
    ],
    ['ERROR: CUSTOM LIST FIELDS ARE NOT ENABLED ON THIS SYSTEM: |api|list_custom_fields|\n', /switched off/],
    ['ERROR: Login incorrect, please try again: |api|canary-s3cret|BAD|\n', /refused the login/],
    ['ERROR: Your IP Address is not allowed: |api|1|IPBLOCK|\n', /IP list forbids this machine's address/],
    ['ERROR: NO FUNCTION SPECIFIED\n', /does not know list_custom_fields/],
    ['<html>101\tA\tb\tc\td\te\tf\n', /something other/],
    ['101\ta\tb\n', /something other/],
    ['', /something other/]
  ]
  for (const [reply, said] of refusals) {
    const refused = await customFields(t, reply, ['--list', '101'])
    t.match([refused.exitCode, refused.stderr, refused.stdout], [1, said, ''], reply)
    t.notMatch(refused.stderr, 'canary')
  }
})

test('wrong usage: no list, no such account, faulty settings', async (t) => {
  t.equal((await customFields(t, '', [])).exitCode, 2)
  for (const list of ['1', 'x', '---ALL---', '101,102'])
    t.equal((await customFields(t, '', ['--list', list])).exitCode, 2, list)
  const account = await customFields(t, '', ['--list', '101', '--account', 'none'])
  t.match([account.exitCode, account.stderr], [1, 'There is no account none. The accounts are: default.\n'])
  const faulty = await customFields(t, '', ['--list', '101'], 'nothing: 1')
  t.match([faulty.exitCode, faulty.stderr], [1, /^The configuration has a fault:\n/])
})
