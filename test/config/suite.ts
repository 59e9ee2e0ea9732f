import './callers/read-callers.test.ts'
import './config.test.ts'
import './reload.test.ts'
import './webhooks/endpoints.test.ts'
