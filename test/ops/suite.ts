import './last-hour.test.ts'
import './pages.test.ts'
import './sessions.test.ts'
