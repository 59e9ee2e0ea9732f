import './answers.test.ts'
