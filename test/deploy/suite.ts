import './cluster.test.ts'
import './deploy.test.ts'
