/** The same call in each language, with a generated client: it updates lead 101, and looks for one that does not exist. */

/** The generator's PHP is for Guzzle 6. */
const PHP = String.raw`<?php
namespace GuzzleHttp\Psr7 {
    require '/usr/share/php/GuzzleHttp/autoload.php';
    if (!function_exists('GuzzleHttp\Psr7\build_query')) { function build_query(array $query) { return Query::build($query); } }
}
namespace {
    use OpenAPI\Client\{Api\LeadsApi, Configuration, Model\BatchRequest, Model\LeadFields, Model\Update};
    spl_autoload_register(function ($class) {
        require __DIR__ . '/php/lib/' . strtr(substr($class, strlen('OpenAPI\Client\\')), '\\', '/') . '.php';
    });
    $configuration = (new Configuration())->setHost(getenv('GATEWAY_URL'))->setAccessToken(getenv('GATEWAY_KEY'));
    $leads = new LeadsApi(null, $configuration);
    $answer = $leads->batchUpdateLeads(new BatchRequest(['updates' => [
        new Update(['lead_id' => 101, 'fields' => new LeadFields(['status' => 'SALE'])]),
        new Update(['vendor_lead_code' => 'CRM-999999', 'fields' => new LeadFields(['status' => 'SALE'])]),
    ]]));
    foreach ($answer->getResults() as $result) echo $result->getIndex(), ' ', $result->getStatus(), "\n";
}
`

const PYTHON = `import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "python"))
from openapi_client import ApiClient, BatchRequest, Configuration, LeadFields, LeadsApi, Update

configuration = Configuration(host=os.environ["GATEWAY_URL"])
configuration.access_token = os.environ["GATEWAY_KEY"]
leads = LeadsApi(ApiClient(configuration))
answer = leads.batch_update_leads(
    BatchRequest(
        updates=[
            Update(lead_id=101, fields=LeadFields(status="SALE")),
            Update(vendor_lead_code="CRM-999999", fields=LeadFields(status="SALE")),
        ]
    )
)
for result in answer.results:
    print(result.index, result.status)
`

const BATCH = `const batch: BatchRequest = {
  updates: [
    { lead_id: 101, fields: { status: 'SALE' } },
    { vendor_lead_code: 'CRM-999999', fields: { status: 'SALE' } }
  ]
}`
const PRINT = `if (data === undefined || !('results' in data)) throw new Error(JSON.stringify(error))
  for (const { index, status } of data.results) console.log(index, status)`

const HEY_API = `import { batchUpdateLeads, type BatchRequest } from './hey-api/index'
import { client } from './hey-api/client.gen'

${BATCH}
client.setConfig({ baseUrl: process.env.GATEWAY_URL ?? '', auth: process.env.GATEWAY_KEY ?? '' })
void batchUpdateLeads({ body: batch }).then(({ data, error }) => {
  ${PRINT}
})
`

const OPENAPI_TYPESCRIPT = `import createClient from 'openapi-fetch'
import type { components, paths } from './openapi-typescript'

type BatchRequest = components['schemas']['BatchRequest']
${BATCH}
const client = createClient<paths>({
  baseUrl: process.env.GATEWAY_URL ?? '',
  headers: { authorization: \`Bearer \${process.env.GATEWAY_KEY}\` }
})
const params = { header: { 'Idempotency-Key': 'order-4711' } }
void client.POST('/v1/leads/batch-update', { params, body: batch }).then(({ data, error }) => {
  ${PRINT}
})
`

export const CALLS: Readonly<Record<string, string>> = {
  'call.php': PHP,
  'call.py': PYTHON,
  'call-hey-api.ts': HEY_API,
  'call-openapi-typescript.ts': OPENAPI_TYPESCRIPT
}
/** What each prints. */
export const PRINTED = '0 updated\n1 not_found\n'
