import { test } from 'tap'
import { JobTable } from '../../../src/outbox/sqlite/job-table.ts'
import { openDatabase } from '../../../src/outbox/sqlite/database/open-database.ts'
import type { JobPage } from '../../../src/outbox/jobs.ts'
import { dataDir } from '../../helper.ts'
import { jobId, newJob, sets } from '../jobs.ts'
import { ExplainedStatements } from './explained-statements.ts'

test("every list of jobs uses an index, and a caller's list never scans other callers' jobs", (t) => {
  const database = openDatabase(dataDir(t))
  const sql = new ExplainedStatements(database)
  const table = new JobTable(sql)
  for (let n = 1; n <= 3; n++) table.insert(newJob(n, [sets('A', n)]), n)
  const conditions: Partial<JobPage>[] = [
    { after: jobId(3) },
    { caller: 'crm' },
    { status: 'queued' },
    { source: 'crm' }
  ]
  for (let chosen = 1; chosen < 2 ** conditions.length; chosen++) {
    const page = Object.assign({}, ...conditions.filter((_, n) => chosen & (2 ** n))) as Partial<JobPage>
    sql.plans.length = 0
    t.equal(table.list({ ...page, limit: 1 }).length, 1)
    const [plan = ''] = sql.plans
    const said = JSON.stringify(page)
    t.match(
      plan,
      page.caller === undefined ? /^SEARCH jobs / : /^SEARCH jobs USING INDEX jobs_of_callers/,
      said
    )
    t.notMatch(plan, /SCAN|TEMP/, said)
  }
  database.close()
  t.end()
})
