import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Block } from './page.ts'
import { run } from './shell.ts'
import type { Surroundings } from './surroundings.ts'

/** The name of the file that a TypeScript block is put into. */
export function scriptOf({ position }: Block): string {
  return `block-${position.split(':').at(-1)}.ts`
}

/** Writes a TypeScript block into its file. Returns what the type checker says against it; empty if nothing. */
export async function typeFaults(block: Block, here: Surroundings): Promise<string> {
  const script = scriptOf(block)
  // The package is built only when it is packed.
  const source = block.text.replaceAll("'vicidial-gateway-client'", "'./src/client/client.ts'")
  writeFileSync(join(here.directory, script), here.replaced(source))
  const project = {
    extends: resolve('tsconfig.json'),
    include: [script],
    compilerOptions: { types: ['node'] }
  }
  writeFileSync(join(here.directory, 'tsconfig.json'), JSON.stringify(project))
  // As `npm run lint` does, and much faster than tsc.
  const { code, stdout, stderr } = await run(
    `oxlint --type-aware --type-check --allow all ${script}`,
    here,
    false
  )
  return code === 0 ? '' : stdout + stderr
}
