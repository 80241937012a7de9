import assert from 'node:assert/strict'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { join } from 'node:path'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import type { KeyGrant } from '../../../src/storage/index.ts'
import { noPython, runPython } from '../../support/python.ts'
import { openTestEndpoint, type TestEndpoint } from '../../support/s3-endpoint.ts'

/** Clients that others wrote, each with keys of table a.t; every program ends with what it saw. */
const clients: Readonly<Record<string, string>> = {
  boto3: `
import boto3, botocore, io
from boto3.s3.transfer import TransferConfig
def client(keys):
    return boto3.client('s3', endpoint_url=given['url'], region_name='us-east-1', aws_access_key_id=keys['accessKeyId'],
        aws_secret_access_key=keys['secretAccessKey'], aws_session_token=keys['sessionToken'],
        config=botocore.config.Config(s3={'addressing_style': 'path'}, signature_version='s3v4', retries={'max_attempts': 1}))
write, read = client(given['write']), client(given['read'])
small = 'a/t/data/a b+ä=é.bin'
write.put_object(Bucket='nacre', Key=small, Body=b'0123456789')
write.upload_fileobj(io.BytesIO(content), 'nacre', 'a/t/data/large', Config=TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20))
part = read.get_object(Bucket='nacre', Key=small, Range='bytes=2-4')['Body'].read().decode()
large = hash(read.get_object(Bucket='nacre', Key='a/t/data/large')['Body'].read())
listed = [o['Key'] for page in read.get_paginator('list_objects_v2').paginate(Bucket='nacre', Prefix='a/t/', PaginationConfig={'PageSize': 1}) for o in page['Contents']]
denied = []
for attempt in [lambda: read.put_object(Bucket='nacre', Key='a/t/x', Body=b'x'), lambda: read.get_object(Bucket='nacre', Key='a/u/secret'), lambda: write.put_object(Bucket='nacre', Key=small, Body=b'other')]:
    try: attempt(); denied.append('allowed')
    except botocore.exceptions.ClientError as error: denied.append(error.response['Error']['Code'])
read.head_bucket(Bucket='nacre')
removed = write.delete_objects(Bucket='nacre', Delete={'Objects': [{'Key': small}, {'Key': 'a/u/secret'}]})
left = [o['Key'] for o in read.list_objects_v2(Bucket='nacre', Prefix='a/t/')['Contents']]
print(json.dumps({'part': part, 'large': large, 'listed': listed, 'denied': denied, 'errors': [e['Code'] for e in removed['Errors']], 'left': left}))
`,
  pyarrow: `
from pyarrow import fs
def client(keys):
    return fs.S3FileSystem(endpoint_override=given['url'], region='us-east-1', access_key=keys['accessKeyId'], secret_key=keys['secretAccessKey'],
        session_token=keys['sessionToken'], force_virtual_addressing=False, retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=1))
write, read = client(given['write']), client(given['read'])
small = 'nacre/a/t/data/a b+ä=é.bin'
def put(client, path, data):
    with client.open_output_stream(path) as out: out.write(data)
put(write, small, b'0123456789')
with write.open_output_stream('nacre/a/t/data/large') as out:
    for at in range(0, len(content), 1_000_000): out.write(content[at:at + 1_000_000])
with read.open_input_file(small) as file: file.seek(2); part = file.read(3).decode()
with read.open_input_stream('nacre/a/t/data/large') as file: large = hash(file.read())
def listing(): return [i.path.removeprefix('nacre/') for i in read.get_file_info(fs.FileSelector('nacre/a/t', recursive=True)) if i.type == fs.FileType.File]
listed = sorted(listing())
denied = []
for attempt in [lambda: put(read, 'nacre/a/t/x', b'x'), lambda: read.open_input_file('nacre/a/u/secret'), lambda: put(write, small, b'other')]:
    try: attempt(); denied.append('allowed')
    except OSError as error: denied.append('AccessDenied' if 'ACCESS_DENIED' in str(error) else 'PreconditionFailed' if 'PreconditionFailed' in str(error) or '412' in str(error) else str(error))
write.delete_file(small)
try: write.delete_file('nacre/a/u/secret'); errors = []
except OSError as error: errors = ['AccessDenied' if 'ACCESS_DENIED' in str(error) else str(error)]
print(json.dumps({'part': part, 'large': large, 'listed': listed, 'denied': denied, 'errors': errors, 'left': listing()}))
`,
}

const prelude = `
import hashlib
content = bytes(range(251)) * 60000
def hash(data): return hashlib.sha256(data).hexdigest()
`
const largeHash = createHash('sha256')
  .update(
    Buffer.alloc(
      251 * 60_000,
      Uint8Array.from({ length: 251 }, (_, byte) => byte),
    ),
  )
  .digest('hex')

async function openWorld(): Promise<{ endpoint: TestEndpoint; given: object }> {
  const endpoint = await openTestEndpoint()
  await endpoint.local.files.writeIfAbsent('s3://nacre/a/u/secret', Buffer.from('secret'))
  const keys = (mode: KeyGrant['mode']) => endpoint.keys('a/t', { mode })
  return { endpoint, given: { url: endpoint.url, read: keys('read'), write: keys('write') } }
}

describe('S3 clients of others on our endpoint', { skip: noPython }, () => {
  for (const [name, program] of Object.entries(clients))
    test(`${name} writes, reads, lists and deletes what its keys allow`, async () => {
      const { endpoint, given } = await openWorld()
      await using _endpoint = endpoint
      assert.deepEqual(await runPython(prelude + program, given), {
        part: '234',
        large: largeHash,
        listed: ['a/t/data/a b+ä=é.bin', 'a/t/data/large'],
        denied: ['AccessDenied', 'AccessDenied', 'PreconditionFailed'],
        errors: ['AccessDenied'],
        left: ['a/t/data/large'],
      })
      const hash = createHash('sha256')
      await pipeline(createReadStream(join(endpoint.local.mount.folder, 'a/t/data/large')), hash)
      assert.equal(hash.digest('hex'), largeHash)
    })

  test('DuckDB writes and reads Parquet', async () => {
    const { endpoint, given } = await openWorld()
    await using _endpoint = endpoint
    const answer = await runPython(
      `
import duckdb, importlib.util
def client(keys):
    db = duckdb.connect(config={'allow_unsigned_extensions': 'true', 'autoinstall_known_extensions': 'false'})
    folder = importlib.util.find_spec('duckdb_extension_httpfs').submodule_search_locations[0]
    db.load_extension(f'{folder}/extensions/v{duckdb.__version__}/httpfs.duckdb_extension')
    db.sql(f"create secret (type s3, key_id '{keys['accessKeyId']}', secret '{keys['secretAccessKey']}', session_token '{keys['sessionToken']}', region 'us-east-1', endpoint '{given['url'].split('//')[1]}', use_ssl false, url_style 'path')")
    return db
write, read = client(given['write']), client(given['read'])
write.sql("copy (select range as a, hash(range) as b from range(1000000)) to 's3://nacre/a/t/data/x y.parquet'")
found = read.sql("select count(*), cast(sum(a) as bigint) from 's3://nacre/a/t/data/*.parquet'").fetchone()
denied = []
for db, sql in [(read, "copy (select 1) to 's3://nacre/a/t/y.parquet'"), (read, "select * from 's3://nacre/a/u/x.parquet'")]:
    try: db.sql(sql).fetchall() if 'select *' in sql else db.execute(sql); denied.append('allowed')
    except duckdb.Error as error: denied.append('403' if '403' in str(error) or 'AccessDenied' in str(error) else str(error))
print(json.dumps({'found': found, 'denied': denied}))
`,
      given,
    )
    assert.deepEqual(answer, { found: [1_000_000, 499_999_500_000], denied: ['403', '403'] })
  })
})
