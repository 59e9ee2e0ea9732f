import type { FastifyInstance } from 'fastify'
import { SimilarNames } from '../leads/similar-names.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the path may be switched off, and then looks like one that does not exist. */
    readonly mayBeOff?: boolean
  }
}

/** A path that somebody may mean by another one. */
export interface NearPath {
  /** Parts that may be anything have their names, as in `/v1/leads/{lead_id}`. */
  readonly path: string
  readonly methods: readonly string[]
}

/** In segments. No known path has so many; the work for a path grows with them. */
const LONGEST = 8
/** The beginning of most paths, which is easily left out. */
const PREFIX = 'v1'

/** The methods of the application's paths. */
export class PathMethods {
  /** Methods by path; `:name` matches any segment, and `*` at the end for any rest. */
  readonly #byPath = new Map<string, Set<string>>()
  #similar: { readonly paths: SimilarNames; readonly words: SimilarNames } | undefined

  /** To be created before the routes are added. */
  constructor(app: FastifyInstance) {
    app.addHook('onRoute', ({ url, method, config }) => {
      if (url === '*' || config?.mayBeOff === true) return
      const methods = this.#byPath.get(url) ?? new Set()
      this.#byPath.set(url, methods)
      for (const one of [method].flat()) methods.add(one)
    })
  }

  /** The methods of a path, without a query; none if nothing is there. */
  of(path: string): readonly string[] {
    const [pattern = path] = this.#patternsOf(path.split('/'))
    return [...(this.#byPath.get(path) ?? this.#byPath.get(pattern) ?? [])].sort()
  }

  /** The path that somebody means by another one: one that takes this method before others; undefined if none is near. */
  near(path: string, method: string): NearPath | undefined {
    const found = [...new Set(this.#nearPatterns(path))].map((pattern) => ({
      path: pattern.replaceAll(/:(\w+)/g, '{$1}'),
      methods: this.of(pattern)
    }))
    return found.find(({ methods }) => methods.includes(method)) ?? found[0]
  }

  #nearPatterns(path: string): string[] {
    const { paths, words } = this.#similarNames()
    const whole = paths.find(path)
    const segments = path.split('/')
    const spelled = segments.length > LONGEST ? [] : segments.map((one) => words.find(one) ?? one)
    const [root = '', ...rest] = spelled
    const ways = [spelled, [root, PREFIX, ...rest], [root, ...rest.slice(1)]]
    return [...(whole === undefined ? [] : [whole]), ...ways.flatMap((way) => this.#patternsOf(way))].filter(
      (pattern) => pattern !== path && pattern !== '/' && !pattern.endsWith('*')
    )
  }

  #similarNames() {
    if (this.#similar !== undefined) return this.#similar
    const patterns = [...this.#byPath.keys()]
    const words = new Set(
      patterns.flatMap((pattern) => pattern.split('/')).filter((word) => !/^[:*]|^$/.test(word))
    )
    const plurals = [...words].filter((word) => word.endsWith('s'))
    const singulars = plurals.map((word): [string, string] => [word.slice(0, -1), word])
    this.#similar = {
      paths: new SimilarNames(patterns.filter((pattern) => !/[:*]/.test(pattern))),
      words: new SimilarNames(words, Object.fromEntries(singulars))
    }
    return this.#similar
  }

  /** The patterns that a path fits: those with the most words of their own first. */
  #patternsOf(segments: readonly string[]): string[] {
    const fitting = [...this.#byPath.keys()].filter((pattern) => fits(segments, pattern.split('/')))
    return fitting.sort((one, other) => one.split(':').length - other.split(':').length)
  }
}

function fits(segments: readonly string[], parts: readonly string[]): boolean {
  const hasRest = parts.at(-1) === '*'
  if (hasRest ? segments.length < parts.length : segments.length !== parts.length) return false
  return parts.every((part, at) => {
    return part === segments[at] || (part.startsWith(':') && segments[at] !== '') || (hasRest && part === '*')
  })
}
