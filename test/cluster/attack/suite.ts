import './adding.test.ts'
import './attack.test.ts'
