"""Applies histories of changes to tables through PyIceberg, and tells what it finds in tables.

Reads one request as JSON from each line of its input, and answers it with one line."""

import datetime, json, sys, warnings

import duckdb, pyarrow as pa
from pyiceberg.catalog.rest import RestCatalog
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.types import NestedField

warnings.simplefilter('ignore')
given = json.loads(sys.argv[1])
catalog = RestCatalog('nacre', uri=given['uri'], token=given['token'])
db = duckdb.connect()
db.sql("set timezone = 'UTC'; set arrow_lossless_conversion = true")


def rows_of(table, select):
    return db.sql(select).to_arrow_table().cast(schema_to_pyarrow(table.schema(), include_field_ids=False))


def evolve(table, change):
    with table.update_schema() as update:
        if added := change.get('added'):
            update.add_column(tuple(added['path']), NestedField.model_validate(added['field']).field_type)
        if dropped := change.get('dropped'):
            update.delete_column(tuple(dropped))
        if renamed := change.get('renamed'):
            update.rename_column(tuple(renamed['path']), renamed['to'])
        if widened := change.get('widened'):
            update.update_column(tuple(widened['path']), NestedField.model_validate(widened['field']).field_type)
        if moved := change.get('moved'):
            if moved['behind'] is None:
                update.move_first(moved['name'])
            else:
                update.move_after(moved['name'], moved['behind'])
    partition(table, change['partitionBy'])


def partition(table, wanted):
    """Fields that are to go go, those that are of a renamed column take its name, the others come."""
    schema = table.schema()
    source = lambda field: (schema.find_field(field['column']).field_id, field['transform'])
    present = {(field.source_id, str(field.transform)): field.name for field in table.spec().fields}
    named = {source(field): field['name'] for field in wanted}
    with table.update_spec() as update:
        for key, name in present.items():
            if key not in named:
                update.remove_field(name)
            elif named[key] != name:
                update.rename_field(name, named[key])
        for field in wanted:
            if source(field) not in present:
                update.add_field(field['column'], field['transform'], field['name'])


def current(table, branch='main'):
    snapshot = table.snapshot_by_name(branch)
    return None if snapshot is None else snapshot.snapshot_id


def apply(name, history):
    """The states that the changes lead to: ids of snapshots, null for an empty table."""
    schema = Schema.model_validate(history['schema'])
    fields = [
        PartitionField(schema.find_field(field['column']).field_id, 1000 + index, field['transform'], field['name'])
        for index, field in enumerate(history['partitionBy'])
    ]
    table = catalog.create_table(name, schema, partition_spec=PartitionSpec(*fields))
    states = []
    for change in history['changes']:
        match change['kind']:
            case 'append':
                branch = change.get('branch', 'main')
                table.append(rows_of(table, change['select']), branch=branch)
                states.append(current(table, branch))
            case 'overwrite':
                table.overwrite(rows_of(table, change['select']), overwrite_filter=change['where']['filter'])
                states.append(current(table))
            case 'delete':
                table.delete(change['where']['filter'])
                states.append(current(table))
            case 'evolve':
                evolve(table, change)
            case 'tag':
                table.manage_snapshots().create_tag(current(table), change['name']).commit()
            case 'branch':
                table.manage_snapshots().create_branch(current(table), change['name']).commit()
            case 'rollback':
                table.manage_snapshots().set_current_snapshot(states[change['state']]).commit()
            case 'expire':
                table.maintenance.expire_snapshots().older_than(datetime.datetime.now() + datetime.timedelta(days=1)).commit()
        table = catalog.load_table(name)
    return states


def describe(name, states):
    """`states` that are no more are told as null."""
    table = catalog.load_table(name)
    return {
        'schema': json.loads(table.schema().model_dump_json())['fields'],
        'partitioning': [[field.field_id, field.name, str(field.transform), field.source_id] for field in table.spec().fields],
        'refs': {ref: [value.snapshot_ref_type.value, str(value.snapshot_id)] for ref, value in table.refs().items()},
        'states': [None if state is None or table.snapshot_by_id(state) is None else state_of(table, state) for state in states],
        'files': sorted([file_of(table, task.file) for task in table.scan().plan_files()], key=lambda file: json.dumps([file['partition'], file['lower'].get('id')])),
    }


def state_of(table, state):
    rows = table.scan(snapshot_id=state).to_arrow()
    columns = ', '.join(f'cast("{column}" as varchar)' for column in rows.column_names)
    db.register('rows', rows)
    summary = table.snapshot_by_id(state).summary
    return {
        'columns': rows.column_names,
        'rows': db.sql(f'select {columns} from rows order by id').fetchall(),
        'totals': {key: summary[key] for key in ['total-records', 'total-data-files', 'total-delete-files', 'total-position-deletes', 'total-equality-deletes']},
    }


def file_of(table, file):
    schema = table.schema()
    named = lambda entries, value=lambda it: it: {
        schema.find_column_name(id): value(each) for id, each in sorted((entries or {}).items()) if schema.find_column_name(id)
    }
    fields = table.specs()[file.spec_id].fields
    return {
        'partition': {field.name: str(file.partition[position]) for position, field in enumerate(fields)},
        'spec': file.spec_id,
        'rows': file.record_count,
        'values': named(file.value_counts),
        'nulls': named(file.null_value_counts),
        'nans': named(file.nan_value_counts),
        'lower': named(file.lower_bounds, bytes.hex),
        'upper': named(file.upper_bounds, bytes.hex),
    }


for line in sys.stdin:
    request = json.loads(line)
    try:
        states = apply(request['theirs'], request['history'])
        answer = {
            'states': [None if state is None else str(state) for state in states],
            'ours': describe(request['ours'], [None if state is None else int(state) for state in request['states']]),
            'theirs': describe(request['theirs'], states),
        }
    except Exception:
        import traceback

        answer = {'problem': traceback.format_exc()}
    print(json.dumps(answer, default=str), flush=True)
