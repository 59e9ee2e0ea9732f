import tap from 'tap'
import { type PostgresServer, startPostgres } from './postgres-server.ts'

export {
  newPool,
  olderServer,
  PASSWORD,
  type PostgresServer,
  serverBehind,
  startPostgres,
  USER
} from './postgres-server.ts'

let shared: Promise<PostgresServer> | undefined

/** The address of a new, empty database on the server that this process's tests share. */
export async function newDatabase(): Promise<string> {
  shared ??= startPostgres(tap)
  return (await shared).newDatabase()
}
