import './fuzz.test.ts'
import './replies.test.ts'
