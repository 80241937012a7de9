"""fastavro writes and reads the rows of Parquet files: rows per CPU-second, as JSON. Arguments: rows, codec, level or '', Avro file to read, Parquet files."""
import datetime, io, json, sys, time
import duckdb, fastavro

count, codec, level, avro, files = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5:]
connection = duckdb.connect()
connection.execute("set timezone = 'UTC'")
columns = [row[0] for row in connection.execute("describe select * from read_parquet(?)", [files]).fetchall()]
select = ", ".join(f"{name}::timestamp as {name}" if name == "started_at" else name for name in columns)
result = connection.execute(f"select {select} from read_parquet(?) limit {count}", [files])
rows = [dict(zip(columns, row)) for row in result.fetchall()]
epoch_day, epoch = datetime.date(1970, 1, 1), datetime.datetime(1970, 1, 1)
numbers = []
for row in rows:
    number = dict(row)
    if row["started_at"] is not None:
        number["started_at"] = (row["started_at"] - epoch) // datetime.timedelta(microseconds=1)
        row["started_at"] = row["started_at"].replace(tzinfo=datetime.timezone.utc)
    number["day"] = row["day"] and (row["day"] - epoch_day).days
    numbers.append(number)


def schema(logical):
    types = {
        "reader": "string", "book": "long", "minutes": "double", "pages": "int", "finished": "boolean", "device": "string",
        "started_at": {"type": "long", "logicalType": "timestamp-micros"} if logical else "long",
        "day": {"type": "int", "logicalType": "date"} if logical else "int",
    }
    fields = [{"name": name, "type": ["null", types[name]], "default": None} for name in columns]
    return fastavro.parse_schema({"type": "record", "name": "sessions", "fields": fields})


def rate(work):
    started = time.process_time()
    done = work()
    return round(done / (time.process_time() - started))


def write(rows, logical):
    options = {"codec_compression_level": int(level)} if level else {}
    fastavro.writer(io.BytesIO(), schema(logical), rows, codec=codec, sync_interval=65536, **options)
    return len(rows)


def read():
    done = 0
    with open(avro, "rb") as file:
        for _ in fastavro.reader(file):
            done += 1
    return done


print(json.dumps({"write": rate(lambda: write(rows, True)), "write numbers": rate(lambda: write(numbers, False)), "read": rate(read)}))
