import { test } from 'tap'
import type { HistoryPage } from '../../../src/outbox/history.ts'
import { GroupCommit } from '../../../src/outbox/sqlite/database/group-commit.ts'
import { openDatabase } from '../../../src/outbox/sqlite/database/open-database.ts'
import { SqliteHistory } from '../../../src/outbox/sqlite/history.ts'
import { dataDir } from '../../helper.ts'
import { ExplainedStatements } from './explained-statements.ts'

/** The index that finds the entries of a search: that of the condition that the fewest entries match. */
function indexOf({ lead, caller, jobId, code }: Partial<HistoryPage>): RegExp {
  if (jobId !== undefined) return /^SEARCH history_records USING INDEX history_of_jobs \(job_id=\? AND rowid</
  if (lead !== undefined) return /^SEARCH history USING INDEX history_of_leads \(lead=\?/
  if (code !== undefined && caller !== undefined)
    return /^SEARCH history USING INDEX history_of_callers_by_code \(caller=\? AND code=\?/
  if (code !== undefined) return /^SEARCH history USING INDEX history_of_codes \(code=\?/
  if (caller !== undefined) return /^SEARCH history USING INDEX history_of_callers \(caller=\?/
  return /^SEARCH history USING INTEGER PRIMARY KEY/
}

test('every search of the history uses an index, and sorts nothing', async (t) => {
  const database = openDatabase(dataDir(t))
  const sql = new ExplainedStatements(database)
  const commits = new GroupCommit(database, { statements: sql, recount: () => {} }, { gatherMs: 0 })
  const history = new SqliteHistory(sql, commits)
  const conditions: Partial<HistoryPage>[] = [
    { lead: 1 },
    { caller: 'crm' },
    { jobId: 'job_1' },
    { code: 'upstream_error' },
    { since: 1 },
    { until: 2 },
    { before: 3 }
  ]
  for (let chosen = 0; chosen < 2 ** conditions.length; chosen++) {
    const page = Object.assign({}, ...conditions.filter((_, n) => chosen & (2 ** n))) as Partial<HistoryPage>
    sql.plans.length = 0
    sql.texts.length = 0
    await history.list({ ...page, limit: 1 })
    const [plan = ''] = sql.plans
    t.match(plan, indexOf(page), JSON.stringify(page))
    t.notMatch(plan, /SCAN|TEMP/, JSON.stringify(page))
    // Else SQLite would read all entries after the first record of the job, as it takes only one limit of the ids.
    if (page.jobId !== undefined) t.notMatch(sql.texts[0], /[^+]id (<|>=) \?/, JSON.stringify(page))
  }
  database.close()
})
