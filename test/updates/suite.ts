import './batch.test.ts'
import './updates.test.ts'
