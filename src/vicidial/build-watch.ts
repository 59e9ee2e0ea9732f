import type { BaseLogger } from 'pino'
import type { NonLatin } from '../leads/cleaning/column-text.ts'
import { type BuildRule, rulesOf } from './builds.ts'

export interface BuildWatchOptions {
  /** VICIDIAL_BUILD; if set, VICIdial is not asked. */
  readonly configured: string | undefined
  readonly nonLatin: NonLatin
  /** Called when the build becomes known, and when it changes: VICIdial was updated. */
  readonly onChange: (build: string) => void
  readonly log: Pick<BaseLogger, 'error' | 'info' | 'warn'>
}

/** How often VICIdial is asked for its build, in milliseconds: VICIdial may be updated without an outage. */
const ASK_EVERY_MS = 10 * 60_000
/** How often it is asked while its build is not known, in milliseconds. */
const ASK_AGAIN_MS = 5_000

/** VICIdial's build, and the rules that follow from it. Learns them from each reply to `version`. */
export class BuildWatch {
  readonly #options: BuildWatchOptions
  #build: string | undefined
  #rules: ReadonlySet<BuildRule['id']>
  /** What VICIdial said last. */
  #said: string | undefined
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  constructor(options: BuildWatchOptions) {
    this.#options = options
    this.#build = options.configured
    this.#rules = idsOf(options.configured, options.nonLatin)
  }

  /** `YYMMDD-HHMM`; undefined: not known. */
  get build(): string | undefined {
    return this.#build
  }

  /** Whether the build has a rule or, if it is not known, may have one that does harm. */
  has(rule: BuildRule['id']): boolean {
    return this.#rules.has(rule)
  }

  /**
   * Asks VICIdial for its build, and again from time to time. Resolves after the first reply, or without one.
   * @param ask sends `version`, whose reply goes to `learn`; never throws
   */
  async start(ask: () => Promise<unknown>): Promise<void> {
    const { configured, log } = this.#options
    if (configured !== undefined) {
      this.#reportRules()
      return
    }
    await this.#ask(ask)
    if (this.#build === undefined) {
      log.warn(
        "vicidial's build is not known yet: keys with an apostrophe are refused until it is (or VICIDIAL_BUILD is set)"
      )
    }
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  /** Notes the build that VICIdial named. */
  learn(build: string): void {
    if (build === this.#said) return
    this.#said = build
    const { configured, nonLatin, onChange, log } = this.#options
    if (configured !== undefined) {
      if (build !== configured)
        log.warn({ build, configured }, 'vicidial names another build than VICIDIAL_BUILD')
      return
    }
    const before = this.#build
    this.#build = build
    this.#rules = idsOf(build, nonLatin)
    if (before === undefined) log.info({ build }, 'vicidial build')
    else log.warn({ build, before }, 'vicidial has another build than before')
    onChange(build)
    this.#reportRules()
  }

  async #ask(ask: () => Promise<unknown>): Promise<void> {
    await ask()
    if (this.#isStopped) return
    const pauseMs = this.#build === undefined ? ASK_AGAIN_MS : ASK_EVERY_MS
    this.#timer = setTimeout(() => void this.#ask(ask), pauseMs)
  }

  /** Logs what the gateway does about the build. */
  #reportRules(): void {
    const { nonLatin, log } = this.#options
    const build = this.#build
    for (const { does, gateway, isFatal } of rulesOf(build, nonLatin)) {
      const message = `in this build of vicidial ${does}.${gateway ? ` ${gateway}` : ''}`
      log[isFatal ? 'error' : 'warn']({ build }, message)
    }
  }
}

function idsOf(build: string | undefined, nonLatin: NonLatin): ReadonlySet<BuildRule['id']> {
  return new Set(rulesOf(build, nonLatin).map(({ id }) => id))
}
