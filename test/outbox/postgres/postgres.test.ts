import { outboxSuite } from '../outbox-suite.ts'
import { openPostgres } from './opened.ts'

outboxSuite('postgres', openPostgres, 15)
