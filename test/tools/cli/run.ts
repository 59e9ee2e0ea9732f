import { runProgram } from '../../../src/tools/cli/program.ts'
import type { Tester } from '../../helper.ts'

/** What a process of the command line needs of the environment, without anybody's settings. */
export const BARE_ENV = { PATH: process.env['PATH'], NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] }

/** Runs the command line in this process. */
export async function run(...args: string[]) {
  let stdout = ''
  let stderr = ''
  const exitCode = await runProgram(args, {
    writeOut: (text) => {
      stdout += text
    },
    writeErr: (text) => {
      stderr += text
    }
  })
  return { exitCode, stdout, stderr }
}

/** Sets a variable of the environment, or unsets it, until the test ends. */
export function setEnv(t: Tester, name: string, value?: string): void {
  const before = process.env[name]
  const set = (text: string | undefined) => {
    if (text === undefined) Reflect.deleteProperty(process.env, name)
    else process.env[name] = text
  }
  set(value)
  t.teardown(() => set(before))
}
