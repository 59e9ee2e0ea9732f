import './attack.test.ts'
import './linear.test.ts'
import './patterns.test.ts'
