import type { RawReply, Client, NoReply } from '../../vicidial/client.ts'
import type { Config } from '../../config/config.ts'
import type { NonLatin } from '../../leads/cleaning/column-text.ts'
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

/** The operator's settings for VICIdial. */
type Configured = Pick<Config['vicidial'], 'url' | 'build' | 'nonLatin'>

/** Checks that VICIdial answers, in a known version, and with the build that the operator has set. */
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
      detail: `${detail} The gateway was tested with build ${MEASURED.build}. ${rules.map(sentenceOf).join(' ')}`,
      remedy: `Update VICIdial to ${MEASURED.version} or later.`
    }
  }
  if (!said.version.startsWith('2.14-')) {
    return {
      status: 'warning',
      detail: `${detail} The gateway was tested with ${MEASURED.version}; how this version differs is unknown.`,
      remedy:
        'Test the gateway on unimportant leads, above all how VICIdial stores letters other than A to Z.'
    }
  }
  if (said.build === MEASURED.build) return { status: 'ok', detail }
  const age = said.build < MEASURED.build ? 'older' : 'newer'
  return {
    status: 'ok',
    detail: `${detail} It is ${age} than the build that the gateway was tested with (${MEASURED.build}), with no known difference.`
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
      detail: `The server accepted the connection but did not answer. ${reply.detail}`,
      remedy:
        reply.code === 'upstream_timeout'
          ? "Check whether VICIdial's web server and database are overloaded or hang. The gateway waits VICIDIAL_TIMEOUT_MS."
          : "Look at the error log of VICIdial's web server, and look for a proxy or firewall that cuts connections."
    }
  }
  const { httpStatus, text } = reply
  const [what, remedy] = pageOf(httpStatus, text, url)
  return { status: 'fault', detail: `This is not VICIdial's API: ${what}.`, remedy }
}

function pageOf(httpStatus: number, text: string, url: URL): [what: string, remedy: string] {
  const path = `VICIDIAL_URL must be the full address of non_agent_api.php; its path is usually ${USUAL_PATH}, and is ${url.pathname} now.`
  if (httpStatus >= 300 && httpStatus < 400) {
    const scheme = url.protocol === 'http:' ? ' Usually this is a redirect from http to https.' : ''
    return [
      `HTTP ${httpStatus}, a redirect to another address`,
      `Set VICIDIAL_URL to that address; the gateway follows no redirects.${scheme}`
    ]
  }
  if (httpStatus === 404) return ['HTTP 404, page not found', path]
  if (httpStatus === 400 && url.protocol === 'http:') {
    return ['HTTP 400, as from a port that expects TLS', 'Use https instead of http in VICIDIAL_URL.']
  }
  if (httpStatus === 401 || httpStatus === 403) {
    return [
      `HTTP ${httpStatus}, a server in front of it refuses the call`,
      `Configure the web server, or the proxy in front of it, to let this machine reach ${url.pathname} without a separate login.`
    ]
  }
  if (httpStatus >= 500) {
    return [
      `HTTP ${httpStatus}`,
      "Look at the error log of VICIdial's web server: PHP or its database fails, or a proxy cannot reach it."
    ]
  }
  if (text.startsWith('<?php'))
    return ['the server sends the PHP source itself', 'Enable PHP in the web server.']
  if (text.trim() === '') return [`an empty answer (HTTP ${httpStatus})`, path]
  return [`it answers with another page (HTTP ${httpStatus})`, path]
}
