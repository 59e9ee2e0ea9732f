import { existsSync, statSync } from 'node:fs'
import { Command } from 'commander'
import { CommandFailure } from '../command-failure.ts'
import { connect, type ConnectionFlags, contentOf, withConnection } from '../connection.ts'
import { example, print, withJson } from '../output.ts'

interface Flags extends ConnectionFlags {
  readonly json?: true
}

/** `backup`: saves a copy of a running gateway's database. */
export function backupCommand(): Command {
  return withJson(withConnection(new Command('backup')))
    .description("Saves a copy of a running gateway's database, and checks it.")
    .argument('<file>', 'the new file')
    .addHelpText(
      'after',
      `
The copy has everything that the gateway accepted before the command started. The gateway keeps working meanwhile. The
key's caller needs the permission backup. docs/backup.md says how to restore the copy.
${example('backup gateway-backup.db')}`
    )
    .action(backup)
}

async function backup(file: string, flags: Flags, command: Command): Promise<void> {
  if (existsSync(file)) throw new CommandFailure(`${file} exists: choose another name, or delete it first.`)
  const client = await connect(flags, command)
  const { saveCopy, NotSaved } = await import('../../backup/save-copy.ts')
  const content = await contentOf(client.GET('/v1/backup', { parseAs: 'stream' }))
  try {
    const { waiting, deadLetters } = await saveCopy(content, file)
    const bytes = statSync(file).size
    print(
      command,
      flags.json
        ? JSON.stringify({ file, bytes, waiting, dead_letters: deadLetters })
        : `${file}: ${(bytes / 1e6).toFixed(1)} MB, ${waiting} updates waiting, ${deadLetters} dead letters`
    )
  } catch (error) {
    throw error instanceof NotSaved ? new CommandFailure(error.message) : error
  }
}
