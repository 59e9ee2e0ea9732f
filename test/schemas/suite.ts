import './rfc3339.test.ts'
