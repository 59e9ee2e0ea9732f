import { isObject } from '../leads/is-object.ts'
import type { Listed } from './config-error.ts'
import type { AlertsEntry } from './read-alerts.ts'
import type { Lists } from './gateway-file-schema.ts'
import type { SchemaError } from './schema-errors.ts'

/** The parts of the gateway file's content, as far as they fit the schema. */
export class Sections {
  readonly #content: Readonly<Record<string, unknown>>
  /** Pointers of what doesn't fit; undefined: nothing is known to fit. */
  readonly #unfit: readonly string[] | undefined

  /** @param errors undefined if nothing of the content is to be used */
  constructor(content: unknown, errors: readonly SchemaError[] | undefined) {
    this.#content = isObject(content) ? content : {}
    this.#unfit = errors?.map(({ pointer }) => pointer)
  }

  get compat(): boolean {
    return this.#content['compat'] === true
  }

  /** Whether webhooks keep their payloads that don't say it themselves. */
  get storePayloads(): boolean {
    return this.#content['store_payloads'] === true
  }

  /** The section `alerts`, if it is there and fits. */
  get alerts(): Listed<AlertsEntry> | undefined {
    const pointer = '/alerts'
    const entry = this.#content['alerts'] as AlertsEntry | undefined
    return entry !== undefined && this.#fits(pointer) ? { pointer, entry } : undefined
  }

  /** The entries of a list that fit. */
  entries<Name extends keyof Lists>(name: Name): Listed<Lists[Name][number]>[] {
    return this.#listed(name).filter(({ pointer }) => this.#fits(pointer)) as Listed<Lists[Name][number]>[]
  }

  /** The texts that the entries of a list have as one property, whether the entries fit or not. */
  texts(name: keyof Lists, property: string): Listed<string>[] {
    if (this.#unfit === undefined) return []
    return this.#listed(name).flatMap(({ pointer, entry }) => {
      const text = isObject(entry) ? entry[property] : undefined
      return typeof text === 'string' ? [{ pointer: `${pointer}/${property}`, entry: text }] : []
    })
  }

  /** Whether everything at a pointer fits the schema, as far as that is known. */
  #fits(pointer: string): boolean {
    return this.#unfit?.every((one) => one !== pointer && !one.startsWith(`${pointer}/`)) ?? false
  }

  #listed(name: keyof Lists): Listed<unknown>[] {
    const list = this.#content[name]
    return Array.isArray(list)
      ? list.map((entry: unknown, index) => ({ pointer: `/${name}/${index}`, entry }))
      : []
  }
}
