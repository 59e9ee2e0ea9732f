import { Command } from 'commander'
import { SecretFiles } from '../../../config/secret-files.ts'
import { StorageError } from '../../../errors.ts'
import { CommandFailure } from '../command-failure.ts'
import { example, print, tell, withJson } from '../output.ts'

interface Flags {
  readonly from: string
  readonly to?: string
  readonly json?: true
}

/** `migrate`: copies the outbox of a gateway from SQLite to PostgreSQL. */
export function migrateCommand(): Command {
  return withJson(new Command('migrate'))
    .description("Copies a stopped gateway's database from SQLite to PostgreSQL.")
    .option('--from <directory>', 'the DATA_DIR of the gateway', process.env['DATA_DIR'] ?? './data')
    .option(
      '--to <url>',
      'the address of an empty PostgreSQL database, without a password (default: DATABASE_URL)'
    )
    .addHelpText(
      'after',
      `
Copies jobs, waiting updates in their order, dead letters, idempotency records and the history, and compares the counts.
If it is interrupted, run it again: it continues where it was. In the end it renames the old database, so that no gateway
starts with it again. It refuses to run while a gateway uses either database. docs/command-line.md says more.
${example('migrate --from ./data --to postgres://gateway@db.example/gateway')}`
    )
    .action(migrate)
}

async function migrate({ from, to, json }: Flags, command: Command): Promise<void> {
  if (to !== undefined && hasPassword(to))
    command.error(
      'error: every user of this machine can see a password in --to: set DATABASE_URL instead, or PGPASSWORD'
    )
  const address = to ?? addressOf(process.env)
  if (address === undefined) return command.error('error: name the database with --to, or in DATABASE_URL')
  const { readDatabaseUrl } = await import('../../../config/cluster-settings.ts')
  const { migrateOutbox } = await import('../../migrate/migrate.ts')
  const { NotMigrated } = await import('../../migrate/not-migrated.ts')
  const faults: string[] = []
  const caFile = process.env['DATABASE_CA_FILE']
  const { url, tls } = readDatabaseUrl(
    address,
    { DATABASE_MAX_CONNECTIONS: 1, ...(caFile === undefined ? {} : { DATABASE_CA_FILE: caFile }) },
    faults
  )
  if (faults.length > 0) throw new CommandFailure(faults.join('\n'))
  try {
    const { counts, setAside, file } = await migrateOutbox({
      from,
      to: { url, ssl: tls, maxConnections: 1 },
      onProgress: (table, rows) => {
        if (!json) tell(command, `${table}: ${rows} rows`)
      }
    })
    if (json) {
      print(command, JSON.stringify({ counts: Object.fromEntries(counts), set_aside: setAside, file }))
      return
    }
    for (const [what, count] of counts) print(command, `${what}: ${count}`)
    if (setAside > 0) print(command, `rows that cannot be read, left out: ${setAside}`)
    print(command, `The old database is now ${file}. Start the gateway with DATABASE_URL.`)
  } catch (error) {
    if (error instanceof NotMigrated || error instanceof StorageError) throw new CommandFailure(error.message)
    throw error
  }
}

/** The address of the database in the environment, or in the file that it names. */
function addressOf({ DATABASE_URL, DATABASE_URL_FILE: file }: NodeJS.ProcessEnv): string | undefined {
  if (DATABASE_URL !== undefined || file === undefined) return DATABASE_URL
  const read = new SecretFiles('.').read(file)
  if ('fault' in read) throw new CommandFailure(`DATABASE_URL_FILE: the file that it names ${read.fault}.`)
  return read.secret
}

function hasPassword(address: string): boolean {
  return URL.canParse(address) && new URL(address).password !== ''
}
