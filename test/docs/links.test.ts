import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import GithubSlugger from 'github-slugger'
import { test } from 'tap'
import { nodesOf, PATHS, readPage, textOf } from './page.ts'

/** What stands in this repository; other addresses are not asked. */
const LOCAL = /^(?![a-z][a-z+.-]*:|\/)/i
const HTML_ADDRESS = /\b(?:src|href|srcset)="([^"]+)"/g
const INDEX = 'docs/README.md'

interface Link {
  readonly from: string
  readonly to: string
  readonly anchor: string | undefined
}

function addressesOf(path: string): string[] {
  return [...nodesOf(readPage(path).root)].flatMap((node) => {
    if (node.type === 'link' || node.type === 'image' || node.type === 'definition') return [node.url]
    if (node.type !== 'html') return []
    return [...node.value.matchAll(HTML_ADDRESS)].map(([, address = '']) => address)
  })
}

function linksOf(path: string): Link[] {
  return addressesOf(path)
    .filter((address) => LOCAL.test(address))
    .map((address) => {
      const [file = '', anchor] = address.split('#')
      return { from: path, to: file === '' ? path : join(dirname(path), decodeURI(file)), anchor }
    })
}

function anchorsOf(path: string): Set<string> {
  const slugger = new GithubSlugger()
  const headings = [...nodesOf(readPage(path).root)].filter(({ type }) => type === 'heading')
  return new Set(headings.map((heading) => slugger.slug(textOf(heading))))
}

const LINKS = PATHS.flatMap(linksOf)

test('every link from a page to a file of this repository, or to a heading in it, works', (t) => {
  t.ok(LINKS.length > 100)
  const anchors = new Map(PATHS.map((path) => [path, anchorsOf(path)]))
  for (const { from, to, anchor } of LINKS) {
    t.ok(existsSync(to), `${from} → ${to}`)
    if (anchor !== undefined) t.ok(anchors.get(to)?.has(anchor), `${from} → ${to}#${anchor}`)
  }
  t.end()
})

test('every page of docs can be reached from docs/README.md', (t) => {
  const reached = new Set([INDEX])
  for (const page of reached) for (const { from, to } of LINKS) if (from === page) reached.add(to)
  const orphans = PATHS.filter((path) => path.startsWith('docs/') && !reached.has(path))
  t.strictSame(orphans, [])
  t.end()
})

test('every npm script that a page names exists', (t) => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
  for (const path of PATHS) {
    const named = readFileSync(path, 'utf8').matchAll(/\bnpm run (?:-s )?([a-z][a-z:-]*)/g)
    for (const [, name = ''] of named) t.ok(name in scripts, `${path}: npm run ${name}`)
  }
  t.end()
})
