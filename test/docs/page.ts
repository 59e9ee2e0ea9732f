import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fromMarkdown } from 'mdast-util-from-markdown'

export type Node = ReturnType<typeof fromMarkdown> | ReturnType<typeof fromMarkdown>['children'][number]

/** A fenced block. */
export interface Block {
  /** `docs/jobs.md:21` */
  readonly position: string
  readonly language: string
  readonly text: string
  /** Why it is not run with the others: what it needs is not there, or `run by` a test of its own. */
  readonly notRun: string | undefined
  /** It prepares what the next blocks need, in a comment that readers do not see. */
  readonly isHidden: boolean
  /** The file that it shows: it stands after a paragraph that ends with the name in code, and a colon. */
  readonly file: string | undefined
}

export interface Page {
  readonly path: string
  readonly root: Node
  readonly blocks: readonly Block[]
  /** Other pages whose gateway files hold on this one, as it says in a comment. */
  readonly borrowed: readonly string[]
}

const PAGES = ['*.md', 'test/**/*.md', 'docs/**/*.md', 'deploy/*.md', 'packages/*/*.md']
const MARK = /^<!-- (?:not run: (.+)|(run by \S+)) -->$/
const ALL = /^<!-- all (run by \S+) -->$/
const FIRST = /^<!-- run first\n(.*)\n-->$/s
const BORROWED = /^<!-- gateway file of: (.+) -->$/
const NAME = /^[\w.-]+\.\w+$/

/** Every Markdown file of this repository. */
export const PATHS: readonly string[] = globSync(PAGES).toSorted()

export function readPage(path: string): Page {
  const root = fromMarkdown(readFileSync(path, 'utf8'))
  const comments = [...nodesOf(root)].flatMap((node) => (node.type === 'html' ? [node.value] : []))
  const inAll = (form: RegExp) => comments.flatMap((comment) => form.exec(comment)?.[1] ?? [])
  const borrowed = inAll(BORROWED).map((other) => join(dirname(path), other))
  const [all] = inAll(ALL)
  // A test of a page's own runs what is typed there; files, and commands without an output, are run as everywhere.
  const blocks = [...blocksOf(path, root)].map((block) => ({
    ...block,
    notRun: block.notRun ?? (block.language === '' ? all : undefined)
  }))
  return { path, root, blocks, borrowed }
}

/** A node and all that is in it, in the order of the text. */
export function* nodesOf(node: Node): Generator<Node> {
  yield node
  if ('children' in node) for (const child of node.children) yield* nodesOf(child)
}

/** What a reader sees of a node, without its form. */
export function textOf(node: Node): string {
  const texts = [...nodesOf(node)].map((one) => ('value' in one && one.type !== 'html' ? one.value : ''))
  return texts.join('')
}

function* blocksOf(path: string, root: Node): Generator<Block> {
  for (const node of nodesOf(root)) {
    if (!('children' in node)) continue
    for (const [index, child] of node.children.entries()) {
      assert(child.position)
      const position = `${path}:${child.position.start.line}`
      const first = child.type === 'html' ? FIRST.exec(child.value)?.[1] : undefined
      if (first !== undefined)
        yield { position, language: 'sh', text: first, notRun: undefined, isHidden: true, file: undefined }
      if (child.type !== 'code') continue
      const before = node.children[index - 1]
      const [, reason, runBy] = (before?.type === 'html' && MARK.exec(before.value)) || []
      const notRun = reason ?? runBy
      const intro = notRun === undefined ? before : node.children[index - 2]
      yield {
        position,
        language: child.lang ?? '',
        text: child.value,
        notRun,
        isHidden: false,
        file: fileAnnounced(intro)
      }
    }
  }
}

function fileAnnounced(paragraph: Node | undefined): string | undefined {
  if (paragraph?.type !== 'paragraph') return undefined
  const [name, colon] = paragraph.children.slice(-2)
  if (name?.type !== 'inlineCode' || !NAME.test(name.value)) return undefined
  return colon?.type === 'text' && colon.value === ':' ? name.value : undefined
}

/** Whether a block is a gateway file, or a part of one. */
export function isOwnFile({ language, notRun, file }: Block): boolean {
  return language === 'yaml' && notRun === undefined && file === undefined
}
