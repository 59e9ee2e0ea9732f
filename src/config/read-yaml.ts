import { readFileSync } from 'node:fs'
import {
  isPair,
  isScalar,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Document,
  visit
} from 'yaml'
import { errorCode } from '../error-code.ts'

/** In these neither numbers nor null have a meaning. */
const ONLY_TEXTS = 'null_words'
/** The names whose values are VICIdial's: each is the text that is written, so that `07030` stays that. */
const TEXTS: ReadonlySet<unknown> = new Set(['fixed', 'table', ONLY_TEXTS])

/**
 * Reads a YAML file. Names are the texts that are written, as are the values in `TEXTS`: YAML itself would make 7030 of
 * 07030, and 100000 of 1e5. A number that prints as it is written, and null, stay what they are.
 * @param fault called for each fault; the content is undefined then
 */
export function readYaml(path: string, fault: (text: string) => void): unknown {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    fault(`cannot be read (${errorCode(error)}).`)
    return undefined
  }
  const lineCounter = new LineCounter()
  // Pretty errors would quote the file, and could show a secret.
  const document = parseDocument(text, { prettyErrors: false, lineCounter, stringKeys: true })
  for (const error of document.errors) {
    const { line, col } = lineCounter.linePos(error.pos[0])
    fault(`is not valid YAML at line ${line}, column ${col} (${error.code}).`)
  }
  if (document.errors.length > 0) return undefined
  keepTexts(document)
  try {
    const content: unknown = document.toJS()
    if (content === null) fault('is empty.')
    return content ?? undefined
  } catch {
    fault('has an alias that does not exist, or too many aliases.')
    return undefined
  }
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
