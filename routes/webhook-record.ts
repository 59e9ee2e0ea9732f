import type { FastifyRequest } from 'fastify'
import type { RuntimeConfig } from '../src/config/runtime-config.ts'
import type { Outcome, WebhookActivity } from '../src/ops/senders/webhook-activity.ts'
import type { ReceivedWebhook } from './webhook-senders.ts'

/**
 * Records a request of a webhook source for the operations page, when its answer is ready.
 * @param status of the answer
 */
export function recordWebhook(
  request: FastifyRequest,
  status: number,
  activity: WebhookActivity,
  runtimeConfig: Pick<RuntimeConfig, 'endpoint'>
): void {
  const { webhook, problemCode } = request
  // The current setting, also for requests that began with the one before.
  const endpoint = webhook && runtimeConfig.endpoint(webhook.endpoint.name)
  if (webhook === null || !endpoint) return
  const { name } = endpoint
  if (!webhook.isVerified) {
    if (problemCode === null) activity.answered(name)
    else activity.refusedStranger(name, webhook.fault ?? problemCode)
    return
  }
  const event = {
    outcome: outcomeOf(webhook, problemCode),
    status,
    code: problemCode ?? undefined,
    reasons: webhook.unused?.reasons ?? [],
    caller: request.caller?.name,
    jobId: webhook.job?.id,
    updates: webhook.job?.updates ?? 0,
    ignored: webhook.ignored,
    requestId: request.id,
    bytes: request.rawBody?.length ?? 0
  }
  activity.received(endpoint, event, webhook.payload)
}

function outcomeOf({ job, isAnswered }: ReceivedWebhook, problemCode: string | null): Outcome {
  if (problemCode !== null) return 'refused'
  if (job) return job.isRepeat ? 'repeated' : 'accepted'
  return isAnswered ? 'answered' : 'ignored'
}
