import './deploy.test.ts'
