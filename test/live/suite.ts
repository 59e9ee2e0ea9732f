import './truth.test.ts'
