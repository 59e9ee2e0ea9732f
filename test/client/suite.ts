import './client.test.ts'
import './postman.test.ts'
