import './any-call.test.ts'
import './public-clients.test.ts'
import './tutorial-page.test.ts'
import './vicidial-client.test.ts'
