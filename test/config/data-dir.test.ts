import { test } from 'tap'
import { dataDirWarning, readMounts } from '../../src/config/data-dir.ts'

/** Mounts of a container, with a volume of this name at /data. */
function mountsOf(volume: string): string {
  return `1187 1021 0:214 / / rw,relatime master:363 - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/AB
1195 1187 259:1 /var/lib/docker/volumes/${volume}/_data /data rw,relatime master:1 - ext4 /dev/nvme0n1p1 rw
1196 1187 259:1 /etc/vicidial-gateway /config ro,relatime master:1 - ext4 /dev/nvme0n1p1 rw
`
}

const ANONYMOUS = '3f'.repeat(32)

test('a DATA_DIR in a volume without a name is a warning', (t) => {
  for (const directory of ['/data', '/data/', '/data/gateway'])
    t.match(dataDirWarning(directory, mountsOf(ANONYMOUS)), /^DATA_DIR is in a volume without a name/)
  t.end()
})

test('a DATA_DIR anywhere else gets no warning', (t) => {
  t.equal(dataDirWarning('/data', mountsOf('vicidial-gateway-data')), undefined)
  t.equal(dataDirWarning('/database', mountsOf(ANONYMOUS)), undefined)
  t.equal(dataDirWarning('/config', mountsOf(ANONYMOUS)), undefined)
  t.equal(dataDirWarning('/data', ''), undefined)
  t.equal(dataDirWarning('./data', readMounts()), undefined)
  t.end()
})
