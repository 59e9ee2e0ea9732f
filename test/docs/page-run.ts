import { STATUS_CODES } from 'node:http'
import type { Test } from 'tap'
import { type Answer, call } from '../helper.ts'
import { until } from '../until.ts'
import { readRequest, readShown, type Request, type Shown, signedNow } from './messages.ts'
import type { Block } from './page.ts'
import { onlyLooks, type Ran, run, typed } from './shell.ts'
import { idsOf, isShown, isShownJson, parsed } from './shown.ts'
import type { Surroundings } from './surroundings.ts'

/** Runs the blocks of one page in their order; what a block shows is compared with what comes. */
export class PageRun {
  readonly #t: Test
  readonly #here: Surroundings
  /** Ids that the page shows, with those that came in their place. */
  readonly #ids = new Map<string, string>()
  /** Requests without an answer so far. */
  readonly #waiting: Request[] = []
  #last: { request: Request; status: number } | undefined

  constructor(t: Test, here: Surroundings) {
    this.#t = t
    this.#here = here
  }

  /**
   * Runs commands with bash.
   * @param shown the block after them, if it shows what they print
   */
  async sh({ position, text }: Block, shown?: Block): Promise<void> {
    const ran =
      shown === undefined
        ? await run(this.#replaced(text), this.#here, true)
        : await this.#look(position, text, ({ stdout }) => isOutput(shown.text, stdout))
    this.#t.equal(ran.code, 0, `${position} ends well${ran.code === 0 ? '' : `: ${ran.stdout}${ran.stderr}`}`)
    if (shown !== undefined) this.#compare(shown.position, shown.text, ran.stdout)
  }

  /** Runs what is typed after `$ `, and compares what it prints, faults included. */
  async console({ position, text }: Block): Promise<void> {
    for (const { command, output } of typed(text)) {
      const ran = await this.#look(position, command, (one) => isOutput(output, printed(one)))
      this.#compare(`${position} ${command}`, output, printed(ran))
    }
  }

  request({ text }: Block): void {
    this.#waiting.push(readRequest(text))
  }

  /** An answer belongs to the first request that has none yet, or else to the last one's repeat. */
  async answer({ position, text }: Block): Promise<void> {
    const request = this.#waiting.shift() ?? this.#last?.request
    if (request === undefined) return void this.#t.fail(`${position} answers no request`)
    const answer = await this.#send(request)
    this.#last = { request, status: answer.status }
    this.#compareAnswer(position, readShown(text), answer)
    this.#learn(text, JSON.stringify(answer.body))
  }

  /** Compares a job with one that an answer named; false if none did. */
  async job({ position, text }: Block): Promise<boolean> {
    const shown = parsed(text) as { id?: string } | undefined
    const id = this.#ids.get(shown?.id ?? '')
    if (id === undefined) return false
    this.#compare(position, text, JSON.stringify(await this.#finished(id)))
    return true
  }

  /** Sends the requests that have no answer of their own: they are taken like the one that has. */
  async end(): Promise<void> {
    for (const request of this.#waiting) {
      const { status, body } = await this.#send(request)
      this.#t.equal(status, this.#last?.status ?? 200, `${request.url} is answered alike`)
      if (body.links) this.#t.equal((await this.#finished(body.id)).status, 'completed', request.url)
    }
  }

  /** Runs commands; if they only look, again until they print what is shown, or an error of the gateway. */
  async #look(position: string, text: string, isThere: (ran: Ran) => boolean): Promise<Ran> {
    const commands = this.#replaced(text)
    let ran = await run(commands, this.#here, false)
    const again = async () => isThere(ran) || isError(ran) || !(ran = await run(commands, this.#here, false))
    if (onlyLooks(text)) await until(position, again).catch(() => undefined)
    return ran
  }

  async #send(request: Request): Promise<Answer> {
    const { method, url, headers, body } = signedNow(request)
    const answer = await call(this.#here.gateway, method, url, body, { authorization: '', ...headers })
    if (answer.body.links) await this.#finished(answer.body.id)
    return answer
  }

  /** The job once it has ended. */
  #finished(id: string) {
    return until(`the job ${id} has ended`, async () => {
      const job = await call(this.#here.gateway, 'GET', `/v1/jobs/${id}`, undefined, this.#key())
      const { status, body } = job
      if (status !== 200) throw new Error(`the job ${id} is answered with ${status}`)
      return body.finished_at !== undefined && body
    })
  }

  #key(): Record<string, string> {
    return { authorization: `Bearer ${this.#here.env['KEY'] ?? ''}` }
  }

  #compareAnswer(position: string, { line, headers, body }: Shown, answer: Answer): void {
    this.#t.equal(`HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status]}`, line, position)
    for (const [name, value] of Object.entries(headers))
      this.#t.ok(isShownJson(value, answer.headers.get(name)), `${position} ${name}`)
    this.#t.equal(answer.headers.has('idempotency-replayed'), 'idempotency-replayed' in headers, position)
    const same = isShownJson(parsed(body), answer.body)
    this.#t.ok(same, `${position} is what comes`, { diagnostic: !same, come: answer.body })
  }

  #compare(position: string, shown: string, come: string): void {
    const same = isOutput(shown, come)
    this.#t.ok(same, `${position} is what comes`, { diagnostic: !same, come })
    this.#learn(shown, come)
  }

  #learn(shown: string, come: string): void {
    for (const [there, here] of idsOf(shown, come)) this.#ids.set(there, here)
  }

  #replaced(text: string): string {
    return [...this.#ids].reduce(
      (rest, [shown, come]) => rest.replaceAll(shown, come),
      this.#here.replaced(text)
    )
  }
}

function printed({ stdout, stderr }: Ran): string {
  return stdout + stderr
}

/** Whether a command printed that the gateway itself has failed. */
function isError(ran: Ran): boolean {
  return /"code": ?"internal_error"/.test(printed(ran))
}

/** Whether a command printed what is shown. Of an HTTP answer with its head only the headers shown are compared. */
function isOutput(shown: string, come: string): boolean {
  if (!shown.startsWith('HTTP/1.1 ')) return isShown(shown, come)
  const [expected, answer] = [readShown(shown), readShown(come)]
  return (
    expected.line === answer.line &&
    Object.entries(expected.headers).every(([name, value]) => isShownJson(value, answer.headers[name])) &&
    isShown(expected.body, answer.body)
  )
}
