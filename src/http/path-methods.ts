import type { FastifyInstance } from 'fastify'
import { SimilarNames } from '../leads/similar-names.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the path may be switched off, and then looks like one that does not exist. */
    readonly mayBeOff?: boolean
  }
}

/** The methods of the application's paths. */
export class PathMethods {
  /** Methods by path; `:name` matches any segment, and `*` at the end for any rest. */
  readonly #byPath = new Map<string, Set<string>>()
  #similar: SimilarNames | undefined

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
    const methods = this.#byPath.get(path) ?? this.#ofPattern(path.split('/'))
    return [...methods].sort()
  }

  /** The path that somebody means by another one, if it takes this method; undefined if none is similar enough. */
  similar(path: string, method: string): string | undefined {
    this.#similar ??= new SimilarNames([...this.#byPath.keys()].filter((one) => !/[:*]/.test(one)))
    const found = this.#similar.find(path)
    return found !== undefined && found !== path && this.of(found).includes(method) ? found : undefined
  }

  #ofPattern(segments: readonly string[]): Iterable<string> {
    for (const [pattern, methods] of this.#byPath) {
      const parts = pattern.split('/')
      const hasRest = parts.at(-1) === '*'
      if (hasRest ? segments.length < parts.length : segments.length !== parts.length) continue
      const isMatch = parts.every((part, at) => {
        return (
          part === segments[at] || (part.startsWith(':') && segments[at] !== '') || (hasRest && part === '*')
        )
      })
      if (isMatch) return methods
    }
    return []
  }
}
