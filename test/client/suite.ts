import './client.test.ts'
import './postman.test.ts'
import './types.test.ts'
