import { once } from 'node:events'
import { createServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { generate } from 'selfsigned'
import { type Test, test } from 'tap'
import { checkUrl, PASS, startVicidial } from './set-up.ts'

const DAY_MS = 86_400_000
const PATH = '/vicidial/non_agent_api.php'

const KEY = { keyType: 'ec', algorithm: 'sha256' } as const

const authority = await generate([{ name: 'commonName', value: 'Test Authority' }], {
  ...KEY,
  extensions: [
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true }
  ]
})
// As NODE_EXTRA_CA_CERTS does for a process.
setDefaultCACertificates([...getCACertificates('default'), authority.cert])

interface Wish {
  /** Days from now. */
  readonly from?: number
  readonly to?: number
  readonly host?: string
  /** Signed by an unknown authority. */
  readonly isSelfSigned?: true
}

async function certificate({ from = -1, to = 365, host = 'localhost', isSelfSigned }: Wish) {
  const { cert, private: key } = await generate([{ name: 'commonName', value: host }], {
    ...KEY,
    notBeforeDate: new Date(Date.now() + from * DAY_MS),
    notAfterDate: new Date(Date.now() + to * DAY_MS),
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: host }] }],
    ...(isSelfSigned ? {} : { ca: { cert: authority.cert, key: authority.private } })
  })
  return { cert, key }
}

/** Starts a TLS server in front of a sandbox, and checks it under the name localhost. */
async function checkTls(t: Test, options: ServerOptions, now?: () => number) {
  const sandbox = await startVicidial(t)
  const server = createServer(options, async (request, response) => {
    const body = await new Response(request as never).text()
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await fetch(sandbox.url, { method: 'POST', headers, body })
    response.end(await answer.text())
  })
  server.listen(0, 'localhost')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const checked = await checkUrl(`https://localhost:${port}${PATH}`, {}, now ? { now } : {})
  return { ...checked, calls: sandbox.calls() }
}

function day(days: number): string {
  return new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10)
}

test('a valid certificate', async (t) => {
  const { step, ids } = await checkTls(t, await certificate({}))
  t.match(step('certificate'), {
    status: 'ok',
    detail: `TLSv1.3; the certificate is for localhost, by Test Authority, until ${day(365)}.`
  })
  t.strictSame(ids('fault'), [])
  t.match(step('login'), { status: 'ok' })
})

test('a certificate that expires soon', async (t) => {
  const { step, ids } = await checkTls(t, await certificate({ to: 5.5 }))
  t.match(step('certificate'), {
    status: 'warning',
    detail: /That is in 5 days\.$/,
    remedy: /^Renew the certificate of VICIdial's web server now/
  })
  t.strictSame(ids('fault'), [])
})

const BROKEN: [what: string, wish: Wish, detail: string, remedy: RegExp][] = [
  [
    'has expired',
    { from: -30, to: -2 },
    `The certificate expired on ${day(-2)}.`,
    /^Renew the certificate of VICIdial's web server, and reload the web server\.$/
  ],
  [
    'is for another host',
    { host: 'dialer.example' },
    'The certificate is for dialer.example, not for localhost.',
    /VICIDIAL_URL/
  ],
  [
    'is self-signed',
    { isSelfSigned: true },
    'The certificate is self-signed, or from your own authority (localhost), which this machine does not know (DEPTH_ZERO_SELF_SIGNED_CERT).',
    /NODE_EXTRA_CA_CERTS=FILE/
  ]
]

for (const [what, wish, detail, remedy] of BROKEN) {
  test(`a certificate that ${what}: no call is made`, async (t) => {
    const { step, ids, calls } = await checkTls(t, await certificate(wish))
    t.match(step('certificate'), { status: 'fault', detail, remedy })
    t.equal(step('certificate').detail, detail)
    t.strictSame(ids('fault'), ['certificate'])
    t.match(step('version'), {
      status: 'skipped',
      detail: 'Not checked, because of the fault in certificate.'
    })
    t.strictSame(calls, [])
  })
}

test('a certificate that is not valid yet, or only seems so to a slow clock', async (t) => {
  const { step, ids } = await checkTls(t, await certificate({ from: 3 }))
  t.match(step('certificate'), { status: 'fault', detail: `The certificate is valid from ${day(3)} on` })
  t.match(step('certificate'), { detail: /clock says/, remedy: /^Set the clock of this machine/ })
  t.strictSame(ids('fault'), ['certificate'])
})

test('all faults of a certificate are reported at once', async (t) => {
  const wish = { from: -30, to: -2, host: 'dialer.example' } as const
  const { step } = await checkTls(t, await certificate(wish))
  t.match(
    step('certificate').detail,
    /^The certificate expired on .* is for dialer\.example, not for localhost\.$/
  )
})

test('a certificate by an authority unknown to this machine', async (t) => {
  const other = await generate([{ name: 'commonName', value: 'Other Authority' }], {
    ...KEY,
    extensions: [{ name: 'basicConstraints', cA: true, critical: true }]
  })
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    ...KEY,
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
    ca: { cert: other.cert, key: other.private }
  })
  const { step } = await checkTls(t, { cert, key })
  t.match(step('certificate'), {
    status: 'fault',
    detail:
      /^The certificate is from Other Authority, which this machine does not know \(UNABLE_TO_VERIFY_LEAF_SIGNATURE\)/,
    remedy: /intermediate certificate/
  })
})

test('a server with TLS 1.1 only, and one without TLS', async (t) => {
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const
  const { step } = await checkTls(t, { ...(await certificate({})), ...old })
  t.match(step('certificate'), { status: 'fault', detail: /too old or too weak/, remedy: /TLS 1\.2 or 1\.3/ })

  const sandbox = await startVicidial(t)
  const plain = await checkUrl(sandbox.url.replace('http:', 'https:'))
  t.match(plain.step('certificate'), {
    status: 'fault',
    detail: /^The server does not speak TLS on this port/,
    remedy: /^Use http instead of https/
  })
  t.strictSame(sandbox.calls(), [])
  t.notMatch(plain.printed, PASS)
})
