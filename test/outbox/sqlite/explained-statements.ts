import type { SQLInputValue } from 'node:sqlite'
import type { Row } from '../../../src/outbox/rows.ts'
import { Statements } from '../../../src/outbox/sqlite/database/statements.ts'

/** Statements that note how SQLite finds what they read. */
export class ExplainedStatements extends Statements {
  readonly plans: string[] = []
  readonly texts: string[] = []

  override rows(sql: string, ...values: SQLInputValue[]): Row[] {
    const steps = super.rows(`EXPLAIN QUERY PLAN ${sql}`, ...values)
    this.texts.push(sql)
    this.plans.push(steps.map(({ detail }) => String(detail)).join('; '))
    return super.rows(sql, ...values)
  }
}
