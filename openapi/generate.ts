import { mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { OpenAPI3 } from 'openapi-typescript'
import { pino } from 'pino'
import { loadConfig } from '../src/config/config.ts'
import { GatewayFileSchema } from '../src/config/gateway-file-schema.ts'
import { createGateway } from '../src/gateway.ts'
import { openApiYaml } from '../src/http/openapi/openapi.ts'
import { postmanCollection } from './postman.ts'
import { recordExamples } from './record.ts'
import { clientTypes } from './types.ts'

/**
 * `npm run openapi` writes the OpenAPI document as the running gateway gives it, with examples from real answers, and
 * the JSON Schema of the gateway file, the types of the client, and the Postman collection.
 * With `--check` it writes nothing and ends with 1 if what is committed differs.
 */
const check = process.argv.includes('--check')
const stale: string[] = []

function put(name: string, content: string): void {
  const file = new URL(name, import.meta.url)
  if (!check) writeFileSync(file, content)
  else if (readFileSync(file, 'utf8') !== content) stale.push(relative(process.cwd(), fileURLToPath(file)))
}

put('../docs/gateway-file.schema.json', `${JSON.stringify(GatewayFileSchema, null, 2)}\n`)
put('examples.json', `${JSON.stringify(await recordExamples(), null, 2)}\n`)

const data = mkdtempDisposableSync(join(tmpdir(), 'vicidial-gateway-'))
const config = loadConfig({
  VICIDIAL_URL: 'http://127.0.0.1:9/vicidial/non_agent_api.php',
  VICIDIAL_USER: 'api',
  VICIDIAL_PASS: 'none',
  API_KEY: 'none',
  DATA_DIR: data.path
})
const app = await createGateway(config, pino({ level: 'silent' }))
await app.ready()
const document = `${JSON.stringify(app.swagger(), null, 2)}\n`
put('openapi.json', document)
put('openapi.yaml', openApiYaml(app))
await app.close()
data.remove()
const collection = await postmanCollection(JSON.parse(document) as object)
put('postman-collection.json', `${JSON.stringify(collection, null, 2)}\n`)
put('../src/client/openapi-types.ts', await clientTypes(JSON.parse(document) as OpenAPI3))

if (stale.length > 0) {
  process.stderr.write(`${stale.join(', ')} differ from what the gateway says today. Run: npm run openapi\n`)
  process.exitCode = 1
}
