import './anonymous-limit.test.ts'
import './callers.test.ts'
import './key.test.ts'
import './quota.test.ts'
