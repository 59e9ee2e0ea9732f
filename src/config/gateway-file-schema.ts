import { type Static, Type } from 'typebox'
import { AccountSchema } from './accounts/account-schema.ts'
import { AlertsSchema } from './read-alerts.ts'
import { CallerSchema } from './callers/caller-schema.ts'
import { CustomFieldSchema } from './read-custom-fields.ts'
import { EndpointSchema } from './webhooks/endpoint-schema.ts'

/** The file of `GATEWAY_CONFIG`, as it is written. */
export const GatewayFileSchema = Type.Object(
  {
    accounts: Type.Optional(Type.Array(AccountSchema)),
    alerts: Type.Optional(AlertsSchema),
    callers: Type.Optional(Type.Array(CallerSchema, { minItems: 1 })),
    compat: Type.Optional(
      Type.Boolean({
        default: false,
        description: "Whether the gateway also answers as VICIdial's /vicidial/non_agent_api.php does."
      })
    ),
    custom_fields: Type.Optional(Type.Array(CustomFieldSchema)),
    store_payloads: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          'Whether the gateway keeps the last payloads of webhooks in memory, for the operations page. A webhook may say otherwise.'
      })
    ),
    webhooks: Type.Optional(Type.Array(EndpointSchema))
  },
  {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'The gateway file of vicidial-gateway',
    additionalProperties: false
  }
)

type Content = Static<typeof GatewayFileSchema>
/** The lists of the file, by name. */
export type Lists = Required<Omit<Content, 'alerts' | 'compat' | 'store_payloads'>>
