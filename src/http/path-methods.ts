import type { FastifyInstance } from 'fastify'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the path may be switched off, and then looks like one that does not exist. */
    readonly mayBeOff?: boolean
  }
}

/** The methods of the application's paths. */
export class PathMethods {
  /** Methods by path; `:name` stands for any segment, and `*` at the end for any rest. */
  readonly #byPath = new Map<string, Set<string>>()

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
