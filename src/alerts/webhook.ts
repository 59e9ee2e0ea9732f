import { Agent, errors } from 'undici'
import { errorCode } from '../error-code.ts'

/** Timeout for one message, from looking up the name to the answer's headers, in milliseconds. */
const TIMEOUT_MS = 10_000

/** Posts messages to the webhook for alerts. What it answers hardly matters: only the status is read. */
export class AlertWebhook {
  readonly #agent = new Agent({ connections: 1, headersTimeout: 0, bodyTimeout: 0 })

  /**
   * Posts JSON. Follows no redirect.
   * @returns why it was not taken; undefined if it was. Names neither the address nor anything of the answer but its status
   */
  async post(url: URL, body: string): Promise<string | undefined> {
    const timeout = new AbortController()
    const timer = setTimeout(() => {
      timeout.abort()
    }, TIMEOUT_MS)
    try {
      const { statusCode, body: answer } = await this.#agent.request({
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        // Messages are rare, and the next one may not meet a connection that the other side is closing.
        reset: true,
        signal: timeout.signal
      })
      // An answer without an end is cut off, which is an error for those who read it.
      answer.on('error', () => {}).destroy()
      return statusCode >= 200 && statusCode < 300 ? undefined : `status ${statusCode}`
    } catch (error) {
      if (timeout.signal.aborted) return `no answer within ${TIMEOUT_MS} ms`
      return error instanceof errors.HTTPParserError ? 'the answer is not HTTP' : errorCode(error)
    } finally {
      clearTimeout(timer)
    }
  }

  /** Cuts off what is being posted. */
  close(): void {
    void this.#agent.destroy()
  }
}
