import './adaptive-limit.test.ts'
import './removed-accounts.test.ts'
import './retry-schedule.test.ts'
import './worker.test.ts'
