import './alerts.test.ts'
import './findings.test.ts'
import './open-alerts.test.ts'
import './webhook.test.ts'
