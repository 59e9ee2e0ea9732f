import './batch.test.ts'
import './ordered-delivery.test.ts'
import './updates.test.ts'
import './write-notes.test.ts'
