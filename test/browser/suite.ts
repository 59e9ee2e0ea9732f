import './accessibility.test.ts'
import './docs.test.ts'
import './ops.test.ts'
