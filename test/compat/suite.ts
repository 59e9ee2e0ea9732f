import './any-call.test.ts'
import './tutorial-page.test.ts'
import './vicidial-client.test.ts'
