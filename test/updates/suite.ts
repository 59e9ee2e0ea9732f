import './updates.test.ts'
