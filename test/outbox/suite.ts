import './sqlite/group-commit.test.ts'
import './sqlite/job-table.test.ts'
import './sqlite/open-database.test.ts'
import './sqlite/sqlite.test.ts'
