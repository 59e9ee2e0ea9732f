import type { Accepted, GatewayClient, Job, Problem, Result, Update } from '../../src/client/client.ts'

/** Nothing runs these calls: `npm run lint` compiles the right ones, and must find a fault in each of the wrong ones. */

const path = { lead_id: '101' }
const updates: Update[] = [{ vendor_lead_code: 'CRM-7', fields: { status: 'SALE', rank: 3, comments: null } }]

export async function rightCalls(client: GatewayClient): Promise<unknown> {
  await client.POST('/v1/leads/batch-update', {
    params: { header: { 'Idempotency-Key': 'order-4711', Prefer: 'respond-async' } },
    body: {
      updates,
      on_multiple: 'newest',
      dry_run: true,
      callback: { at: '2026-11-30T09:00:00', campaign_id: 'A' }
    }
  })
  await client.POST('/v1/leads/batch-update', {
    body: { lead_ids: [1, '2'], fields: { status: 'DNC' }, custom_fields: { anything: 1 }, dnc: true },
    signal: AbortSignal.timeout(1_000)
  })
  await client.PATCH('/v1/leads/{lead_id}', {
    params: { path, header: { 'If-Match': '"1"', 'X-Request-Id': 'mine' } },
    body: { status: 'A' }
  })
  await client.POST('/v1/leads/read', { body: { leads: [{ lead_id: 1 }], fields: ['status'] } })
  await client.POST('/v1/leads/read', { body: { lead_ids: [1] } })
  await client.POST('/v1/jobs/{id}/cancel', { params: { path: { id: 'job_x' } } })
  await client.GET('/v1/leads/{lead_id}', { params: { path, query: { fields: 'status' } } })
  await client.GET('/v1/jobs', { params: { query: { status: 'completed', limit: '5' } } })
  await client.DELETE('/v1/dnc/{phone_number}', { params: { path: { phone_number: '2125550901' } } })
  const { data, error } = await client.GET('/v1/jobs/{id}', { params: { path: { id: 'job_x' } } })
  const job: Job | undefined = data
  const code: string | undefined = error?.code
  const metrics: string | undefined = (await client.GET('/metrics', { parseAs: 'text' })).data
  const backup: ReadableStream | null | undefined = (await client.GET('/v1/backup', { parseAs: 'stream' }))
    .data
  return [job, code, metrics, backup]
}

/** Words of answers are typed: one that is forgotten here does not compile. */
export const IS_MADE: Readonly<Record<Result['status'], boolean>> = {
  ...{ updated: true, added: true, read: true, incomplete: true },
  ...{ not_found: false, ambiguous: false, rejected: false, failed: false, unknown: false },
  ...{ planned: false, queued: false, cancelled: false, superseded: false }
}
export const CODES: readonly Problem['code'][] = ['rate_limited', 'overloaded']
export const NO_JOB: Accepted = { id: null, status: 'ignored', updates: 0 }

export async function wrongBodies(client: GatewayClient): Promise<void> {
  await client.POST('/v1/leads/batch-update', {
    body: {
      updates,
      // @ts-expect-error on_multiple is misspelt.
      on_multipel: 'all'
    }
  })
  await client.POST('/v1/leads/batch-update', {
    body: {
      updates,
      // @ts-expect-error There is no such value.
      on_multiple: 'every'
    }
  })
  await client.POST('/v1/leads/batch-update', {
    body: {
      updates: [
        {
          lead_id: 101,
          // @ts-expect-error lead_id is misspelt.
          leadId: 101
        }
      ]
    }
  })
  await client.POST('/v1/leads/batch-update', {
    body: {
      updates: [
        {
          lead_id: 101,
          fields: {
            status: 'SALE',
            // @ts-expect-error status is misspelt.
            statuss: 'SALE'
          }
        }
      ]
    }
  })
  await client.POST('/v1/leads/batch-update', {
    body: {
      updates: [
        {
          lead_id: 101,
          // @ts-expect-error A status cannot be emptied.
          fields: { status: null }
        }
      ]
    }
  })
  await client.POST('/v1/leads/batch-update', {
    body: {
      updates: [
        {
          lead_id: 101,
          // @ts-expect-error campaign_id is misspelt.
          dnc: { campaign: 'A' }
        }
      ]
    }
  })
  await client.POST('/v1/leads/batch-update', {
    body: {
      updates: [
        {
          lead_id: 101,
          callback: {
            at: '2026-11-30T09:00:00',
            campaign_id: 'A',
            // @ts-expect-error comments is misspelt.
            comment: 'again'
          }
        }
      ]
    }
  })
  await client.POST('/v1/leads/batch-update', {
    body: {
      updates: [101, 102].map((lead): Update => ({
        lead_id: lead,
        fields: {
          // @ts-expect-error status is misspelt.
          statuss: 'SALE'
        }
      }))
    }
  })
  await client.POST('/v1/leads/batch-update', {
    body: {
      lead_ids: [101],
      fields: {
        // @ts-expect-error status is misspelt.
        statuss: 'SALE'
      }
    }
  })
  await client.POST('/v1/leads/batch-update', {
    // @ts-expect-error fields belongs to lead_ids.
    body: { updates, fields: { status: 'SALE' } }
  })
  await client.POST('/v1/leads/batch-update', {
    // @ts-expect-error It is either updates or lead_ids.
    body: { updates, lead_ids: [101] }
  })
  await client.POST('/v1/leads/batch-update', {
    // @ts-expect-error It has neither updates nor lead_ids.
    body: { dry_run: true }
  })
  await client.POST('/v1/leads/read', {
    // @ts-expect-error It is either leads or lead_ids.
    body: { leads: [{ lead_id: 101 }], lead_ids: [101] }
  })
  await client.POST('/v1/leads/read', {
    // @ts-expect-error There is no such column.
    body: { lead_ids: [101], fields: ['statuss'] }
  })
  await client.PATCH('/v1/leads/{lead_id}', {
    params: { path },
    body: {
      // @ts-expect-error status is misspelt.
      statuss: 'SALE'
    }
  })
  await client.POST('/v1/jobs/{id}/replay', {
    params: { path: { id: 'job_x' } },
    body: {
      // @ts-expect-error force is misspelt.
      forced: true
    }
  })
  await client.POST('/v1/jobs/{id}/cancel', {
    params: { path: { id: 'job_x' } },
    body: {
      // @ts-expect-error It takes no members.
      force: true
    }
  })
  // @ts-expect-error There is no body.
  await client.POST('/v1/leads/batch-update')
}

export async function wrongParameters(client: GatewayClient): Promise<void> {
  await client.POST('/v1/leads/batch-update', {
    params: {
      header: {
        // @ts-expect-error Idempotency-Key is misspelt.
        'Idempotency-Keys': 'order-4711'
      }
    },
    body: { updates }
  })
  await client.POST('/v1/leads/batch-update', {
    params: {
      header: {
        // @ts-expect-error There is no such preference.
        Prefer: 'respond-soon'
      }
    },
    body: { updates }
  })
  await client.POST('/v1/leads/batch-update', {
    body: { updates },
    // @ts-expect-error Here, headers would have no types.
    headers: { 'Idempotency-Key': 'order-4711' }
  })
  await client.GET('/v1/fields', {
    params: {
      header: {
        // @ts-expect-error It takes no such header.
        'Idempotency-Key': 'order-4711'
      }
    }
  })
  await client.GET('/v1/jobs', {
    params: {
      query: {
        // @ts-expect-error status is misspelt.
        state: 'completed'
      }
    }
  })
  await client.GET('/v1/jobs', {
    params: {
      query: {
        // @ts-expect-error There is no such value.
        status: 'done'
      }
    }
  })
  await client.GET('/v1/jobs', {
    // @ts-expect-error params is misspelt.
    query: { status: 'completed' }
  })
  // @ts-expect-error It takes no query.
  await client.GET('/v1/fields', { params: { query: { limit: '5' } } })
  await client.GET('/v1/jobs/{id}', {
    params: {
      path: {
        // @ts-expect-error id is misspelt.
        job: 'job_x'
      }
    }
  })
  // @ts-expect-error The path has a parameter.
  await client.GET('/v1/jobs/{id}')
  // @ts-expect-error There is no such path.
  await client.GET('/v1/job')
  // @ts-expect-error It is not called with POST.
  await client.POST('/v1/jobs')
}
