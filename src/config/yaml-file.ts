import { readFileSync } from 'node:fs'
import {
  type Document,
  type ErrorCode,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLError
} from 'yaml'
import { errorCode } from '../error-code.ts'
import type { NoteFault } from './config-error.ts'
import { namesIn, placeOf } from './pointer.ts'

/** In these neither numbers nor null have a meaning. */
const ONLY_TEXTS = 'null_words'
/** The names whose values are VICIdial's: each is the text that is written, so that `07030` stays that. */
const TEXTS: ReadonlySet<unknown> = new Set(['fixed', 'table', ONLY_TEXTS])
/** Faults of YAML that leave no doubt about the rest of the file. */
const LOCAL: ReadonlySet<ErrorCode> = new Set(['DUPLICATE_KEY', 'BAD_DQ_ESCAPE', 'TAG_RESOLVE_FAILED'])
/** YAML's own messages could quote a secret. */
const MEANINGS: Partial<Record<ErrorCode, string>> = {
  BAD_INDENT: 'the indentation is wrong',
  BAD_DQ_ESCAPE: 'an unknown escape after \\ in double quotes',
  DUPLICATE_KEY: 'a name for the second time',
  MISSING_CHAR: 'a colon, quote, comma or bracket is missing, or the indentation is wrong',
  MULTIPLE_DOCS: 'a second document after ---',
  TAB_AS_INDENT: 'a tab as indentation: use spaces',
  UNEXPECTED_TOKEN: 'something that does not belong here'
}

interface Fault {
  /** 0: the file as a whole. */
  readonly line: number
  readonly text: string
}

/**
 * A YAML file with its faults. Names are the texts that are written, as are the values in `TEXTS`: YAML itself would make
 * 7030 of 07030, and 100000 of 1e5. A number that prints as it is written, and null, stay what they are.
 */
export class YamlFile {
  /** What the file says, as far as YAML can be read; undefined: nothing. */
  readonly content: unknown
  readonly #path: string
  readonly #lines = new LineCounter()
  readonly #document: Document | undefined
  /** Where YAML stops to be certain. */
  readonly #certainTo: number = Infinity
  readonly #faults: Fault[] = []

  constructor(path: string) {
    this.#path = path
    const text = this.#read()
    if (text === undefined) return
    // Pretty errors would quote the file, and could show a secret.
    this.#document = parseDocument(text, {
      prettyErrors: false,
      lineCounter: this.#lines,
      stringKeys: true
    })
    const { errors } = this.#document
    for (const error of errors) this.#noteYaml(error)
    this.#certainTo = Math.min(
      ...errors.filter(({ code }) => !LOCAL.has(code)).map(({ pos }) => pos[0]),
      Infinity
    )
    this.content = this.#contentOf(this.#document)
  }

  /** Every fault noted so far, in the order of the lines. None quotes a value. */
  get faults(): string[] {
    return this.#faults
      .toSorted((a, b) => a.line - b.line)
      .map(({ line, text }) => `${this.#path}${line === 0 ? '' : `, line ${line}`}: ${text}`)
  }

  /** Whether the whole content is certain. */
  get isCertain(): boolean {
    return this.#certainTo === Infinity
  }

  /** Notes a fault, unless it is about a part behind a fault of YAML: it could follow from that. */
  readonly note: NoteFault = (pointer, what, at = pointer) => {
    if (!this.isCertain && !this.#isBefore(pointer)) return
    const [offset] = this.#rangeOf(at)
    this.#faults.push({ line: this.#lines.linePos(offset).line, text: `${placeOf(pointer)}: ${what}.` })
  }

  #read(): string | undefined {
    try {
      return readFileSync(this.#path, 'utf8')
    } catch (error) {
      this.#faults.push({ line: 0, text: `cannot be read (${errorCode(error)}).` })
      return undefined
    }
  }

  #noteYaml({ code, pos }: YAMLError): void {
    const { line, col } = this.#lines.linePos(pos[0])
    const meaning = MEANINGS[code] === undefined ? code : `${MEANINGS[code]} (${code})`
    this.#faults.push({ line, text: `column ${col} is not valid YAML: ${meaning}.` })
  }

  #contentOf(document: Document): unknown {
    keepTexts(document)
    try {
      const content: unknown = document.toJS()
      if (content === null && this.isCertain) this.#faults.push({ line: 0, text: 'is empty.' })
      return content ?? undefined
    } catch {
      if (this.isCertain)
        this.#faults.push({ line: 0, text: 'has an alias that does not exist, or too many aliases.' })
      return undefined
    }
  }

  #isBefore(pointer: string): boolean {
    const [, end, isWhole] = this.#rangeOf(pointer)
    return isWhole && end < this.#certainTo
  }

  /** Where the part at a pointer starts, with its name, and ends; or the part of it that exists, which is not whole then. */
  #rangeOf(pointer: string): [start: number, end: number, isWhole: boolean] {
    let node: unknown = this.#document?.contents
    let [start, end] = spanOf(node)
    for (const name of namesIn(pointer)) {
      const [key, value] = childOf(isAlias(node) ? node.resolve(this.#document as Document) : node, name)
      if (key === undefined) return [start, end, false]
      ;[start] = spanOf(key)
      end = Math.max(spanOf(key)[1], spanOf(value)[1])
      node = value
    }
    return [start, end, true]
  }
}

/** The entry of this name in a mapping or list: its name, or itself in a list, and its value. */
function childOf(node: unknown, name: string): [key: unknown, value: unknown] {
  if (isSeq(node)) return [node.items[Number(name)], node.items[Number(name)]]
  const pair = isMap(node)
    ? node.items.find(({ key }) => isScalar(key) && String(key.value) === name)
    : undefined
  return [pair?.key, pair?.value]
}

function spanOf(node: unknown): [start: number, end: number] {
  const range = (node as Node | undefined)?.range
  return range ? [range[0], range[1]] : [0, 0]
}

/** Makes the values in `TEXTS` the texts that are written. */
function keepTexts(document: Document): void {
  visit(document, {
    Scalar(_key, node, path) {
      const { value, source } = node
      const name = nameOfParent(path)
      if (source === undefined || !TEXTS.has(name)) return
      const isChanged = typeof value === 'boolean' || (typeof value === 'number' && String(value) !== source)
      if (isChanged || name === ONLY_TEXTS) node.value = source
    }
  })
}

/** The name of the mapping or list that a scalar is in. */
function nameOfParent(path: readonly (Document | Node | Pair)[]): unknown {
  const pair = path.toReversed().filter(isPair)[isPair(path.at(-1)) ? 1 : 0]
  return isScalar(pair?.key) ? pair.key.value : undefined
}
