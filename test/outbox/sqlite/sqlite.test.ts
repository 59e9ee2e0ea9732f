import { SqliteOutbox } from '../../../src/outbox/sqlite/sqlite-outbox.ts'
import { dataDir } from '../../helper.ts'
import { outboxSuite } from '../outbox-suite.ts'

outboxSuite('sqlite', async (t) => {
  const directory = dataDir(t)
  const outbox = new SqliteOutbox(directory)
  let latest = outbox
  t.teardown(() => latest.close())
  return {
    outbox,
    reopen: async () => {
      await latest.close()
      latest = new SqliteOutbox(directory)
      return latest
    }
  }
})
