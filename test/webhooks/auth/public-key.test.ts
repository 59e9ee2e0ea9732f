import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { test } from 'tap'
import { readPublicKey } from '../../../src/webhooks/auth/public-key.ts'

const RSA = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const EC = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ED25519 = generateKeyPairSync('ed25519')

function pem(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString()
}

function der(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' })
}

/** The 32 bytes of an Ed25519 key. */
function bytes(key: KeyObject): Buffer {
  return der(key).subarray(-32)
}

function privatePem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

test('a public key of type RSA, EC or Ed25519 is read in each of its forms', async (t) => {
  const { publicKey: ed25519 } = ED25519
  const forms: readonly (readonly [string, KeyObject, string])[] = [
    ...[RSA, EC, ED25519].flatMap(({ publicKey }): [string, KeyObject, string][] => [
      [`PEM, ${publicKey.asymmetricKeyType}`, publicKey, pem(publicKey)],
      [`DER in base64, ${publicKey.asymmetricKeyType}`, publicKey, der(publicKey).toString('base64')]
    ]),
    ['PKCS #1', RSA.publicKey, RSA.publicKey.export({ type: 'pkcs1', format: 'pem' }).toString()],
    ['hex', ed25519, bytes(ed25519).toString('hex')],
    ['hex in upper case', ed25519, bytes(ed25519).toString('hex').toUpperCase()],
    ['base64', ed25519, bytes(ed25519).toString('base64')]
  ]
  for (const [form, key, text] of forms)
    for (const around of [text, text.trim(), ` ${text}\n`, `\r\n\t${text}\r\n`])
      t.ok(readPublicKey(around)?.equals(key), form)
})

test('a text that is not exactly one public key is refused', async (t) => {
  const { publicKey, privateKey } = ED25519
  const hex = bytes(publicKey).toString('hex')
  const other = bytes(generateKeyPairSync('ed25519').publicKey).toString('hex')
  for (const [what, text] of Object.entries({
    nothing: '',
    spaces: '  ',
    prose: 'the public key of our CRM',
    '31 bytes': bytes(publicKey).subarray(1).toString('base64'),
    '33 bytes': Buffer.concat([bytes(publicKey), Buffer.from([1])]).toString('base64'),
    '31 bytes in hex': hex.slice(2),
    '33 bytes in hex': `${hex}00`,
    'half a byte more': `${hex}0`,
    'hex with text behind it': `${hex} (production)`,
    // Only one of them would be used, and nobody would know which.
    'two keys in hex': `${hex}\n${other}`,
    'hex with text before it': `ed25519:${hex}`,
    'damaged PEM': pem(publicKey).replace('\nM', '\nN'),
    'PEM without its end': pem(publicKey).slice(0, -30),
    'PEM with text before it': `Our key:\n${pem(publicKey)}`,
    // A private key has no place in this file, even if its public key is behind it.
    'a private key': privatePem(privateKey),
    'a private key in base64': privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
    'a private key and its public key': privatePem(privateKey) + pem(publicKey)
  }))
    t.equal(readPublicKey(text), undefined, what)
})

test('a public key of another type is refused, as its signatures are not checked in its way', async (t) => {
  const others = [
    generateKeyPairSync('x25519'),
    generateKeyPairSync('ed448'),
    generateKeyPairSync('rsa-pss', { modulusLength: 2_048 })
  ]
  for (const { publicKey } of others) {
    const type = String(publicKey.asymmetricKeyType)
    t.equal(readPublicKey(pem(publicKey)), undefined, type)
    t.equal(readPublicKey(der(publicKey).toString('base64')), undefined, type)
  }
})
