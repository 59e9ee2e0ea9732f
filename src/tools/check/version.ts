import type { RawReply, Client, NoReply } from '../../vicidial/client.ts'
import type { Config } from '../../config/config.ts'
import type { NonLatin } from '../../leads/column-text.ts'
import { type BuildRule, MEASURED, rulesOf } from '../../vicidial/builds.ts'
import { readVersion } from '../../vicidial/reply/version-reply.ts'
import { formBody, PROBES } from '../../vicidial/wire.ts'
import type { Finding } from './step.ts'

/** A `version` call, made without a login. */
export interface VersionCall {
  readonly reply: RawReply | NoReply
  /** Milliseconds since the epoch, by this machine's clock. */
  readonly sentAt: number
  readonly receivedAt: number
  /** Duration in milliseconds, with a fraction. */
  readonly ms: number
}

export async function askVersion(client: Client, source: string, timeoutMs: number): Promise<VersionCall> {
  const sentAt = Date.now()
  const started = performance.now()
  const reply = await client.post(formBody(PROBES.version, { source, user: '', pass: '' }), timeoutMs)
  return { reply, sentAt, receivedAt: Date.now(), ms: performance.now() - started }
}

/** What the operator has set of VICIdial. */
type Configured = Pick<Config['vicidial'], 'url' | 'build' | 'nonLatin'>

/** Whether it is VICIdial that answers, one that is known, and of the build that the gateway takes it for. */
export function checkVersion({ reply }: VersionCall, { url, build, nonLatin }: Configured): Finding {
  const said = readVersion(reply)
  if (said === undefined) return notVicidial(reply, url)
  const detail = `VICIdial ${said.version}, build ${said.build}.`
  if (build !== undefined && build !== said.build) {
    return {
      status: 'fault',
      detail: `${detail} VICIDIAL_BUILD is ${build}, so the gateway follows the rules of another build.`,
      remedy: 'Remove VICIDIAL_BUILD: the gateway asks VICIdial itself.'
    }
  }
  const rules = differencesOf(said.build, nonLatin)
  if (rules.length > 0) {
    return {
      status: rules.some(({ isFatal }) => isFatal) ? 'fault' : 'warning',
      detail: `${detail} The gateway was measured with build ${MEASURED.build}. ${rules.map(sentenceOf).join(' ')}`,
      remedy: `Update VICIdial to ${MEASURED.version} or later.`
    }
  }
  if (!said.version.startsWith('2.14-')) {
    return {
      status: 'warning',
      detail: `${detail} The gateway was measured with ${MEASURED.version}; nobody knows how this one differs.`,
      remedy:
        'Try the gateway with leads that do not matter, above all what is stored of values with other letters.'
    }
  }
  if (said.build === MEASURED.build) return { status: 'ok', detail }
  const age = said.build < MEASURED.build ? 'older' : 'newer'
  return {
    status: 'ok',
    detail: `${detail} It is ${age} than the one that the gateway was measured with (${MEASURED.build}); no difference is known.`
  }
}

/** The rules of a build. If some are fatal, only those. */
function differencesOf(build: string, nonLatin: NonLatin): readonly BuildRule[] {
  const rules = rulesOf(build, nonLatin)
  const fatal = rules.filter(({ isFatal }) => isFatal)
  return fatal.length > 0 ? fatal : rules
}

function sentenceOf({ from, until, does, gateway }: BuildRule): string {
  const builds = from === undefined ? `Before build ${until}` : `From build ${from} to before ${until}`
  return `${builds}, ${does}.${gateway === undefined ? '' : ` ${gateway}`}`
}

const USUAL_PATH = '/vicidial/non_agent_api.php'

function notVicidial(reply: RawReply | NoReply, url: URL): Finding {
  if ('sent' in reply) {
    return {
      status: 'fault',
      detail: `The server took the connection and gave no answer. ${reply.detail}`,
      remedy:
        reply.code === 'upstream_timeout'
          ? "See whether VICIdial's web server and database are overloaded or hang; VICIDIAL_TIMEOUT_MS is how long the gateway waits."
          : "Look into the error log of VICIdial's web server, and for a proxy or firewall that cuts connections."
    }
  }
  const { httpStatus, text } = reply
  const [what, remedy] = pageOf(httpStatus, text, url)
  return { status: 'fault', detail: `This is not VICIdial's API: ${what}.`, remedy }
}

function pageOf(httpStatus: number, text: string, url: URL): [what: string, remedy: string] {
  const path = `VICIDIAL_URL must be the full address of non_agent_api.php; its path is usually ${USUAL_PATH}, and is ${url.pathname} now.`
  if (httpStatus >= 300 && httpStatus < 400) {
    const scheme = url.protocol === 'http:' ? ' Mostly that is from http to https.' : ''
    return [
      `HTTP ${httpStatus}, it leads to another address`,
      `Write the address that it leads to into VICIDIAL_URL; the gateway follows none.${scheme}`
    ]
  }
  if (httpStatus === 404) return ['HTTP 404, there is no such page', path]
  if (httpStatus === 400 && url.protocol === 'http:') {
    return ['HTTP 400, as of a port that speaks TLS', 'Write https instead of http into VICIDIAL_URL.']
  }
  if (httpStatus === 401 || httpStatus === 403) {
    return [
      `HTTP ${httpStatus}, a server before it refuses`,
      `Let the web server, or the proxy before it, admit this machine to ${url.pathname} without a login of its own.`
    ]
  }
  if (httpStatus >= 500) {
    return [
      `HTTP ${httpStatus}`,
      "Look into the error log of VICIdial's web server: PHP or its database fails, or a proxy does not reach it."
    ]
  }
  if (text.startsWith('<?php')) return ['the PHP program itself is sent', 'Switch on PHP in the web server.']
  if (text.trim() === '') return [`an empty answer (HTTP ${httpStatus})`, path]
  return [`it answers with another page (HTTP ${httpStatus})`, path]
}
