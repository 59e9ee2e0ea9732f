/** What is used of Postman's own libraries, which have no types. */
declare module 'postman-collection' {
  export interface Item {
    readonly name: string
    readonly request: { readonly method: string; readonly url: { readonly path: readonly string[] } }
  }

  export class Collection {
    constructor(definition: object)
    readonly variables: { upsert(variable: { key: string; value: string }): void }
    forEachItem(visit: (item: Item) => void): void
  }
}

declare module 'postman-runtime' {
  import type { Collection, Item } from 'postman-collection'

  interface Answer {
    readonly code: number
    readonly headers: { toObject(): Record<string, string> }
    text(): string
  }
  interface Sent {
    readonly method: string
    readonly url: { toString(): string }
  }

  export class Runner {
    run(
      collection: Collection,
      options: Readonly<Record<string, unknown>>,
      started: (
        error: Error | null,
        run: {
          start(on: {
            response(error: Error | null, cursor: unknown, answer: Answer, sent: Sent, item: Item): void
            done(error: Error | null): void
          }): void
        }
      ) => void
    ): void
  }
}
