# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of Watch share: a table kept by what a watcher is told, and what the service holds."""
import time

from harness import Case, service_pid, wait_until
from life import held


def state():
    """What the service holds open."""
    return held(service_pid())


def wait_let_go(before):
    """What was open before may be less by now: a descriptor that was on its way out."""
    try:
        wait_until(lambda: not state() - before, 'the service letting go')
    except AssertionError as error:
        raise AssertionError(f'{error}: it keeps {state() - before}') from None


def as_told(row):
    """A row of ListMounts as signals have it."""
    return {key: value for key, value in row.items() if key != 'user-options'}


class Table:
    """A table that is kept by what a watcher is told."""

    def __init__(self, client, **where):
        self.client, self.where = client, where
        self.watch = client.watch(**where)
        self.rows = self.listed()
        self.times = []

    def listed(self):
        return {row['id']: as_told(row) for row in self.client.list(**self.where)}

    def take(self, seconds=20):
        """Applies the next signal. Returns its name; None where none came."""
        came = self.client.call('next signal', timeout=int(seconds * 1000))
        if came is None:
            return None
        name, (watch, *told), at = came
        assert watch == self.watch, came
        self.times.append(at)
        if name == 'Overflow':
            self.rows = self.listed()
        elif name == 'Changed':
            removed, added, changed = told
            for mount in removed:
                self.rows.pop(mount, None)
            for row, in added + changed:
                self.rows[row['id']] = row
        return name

    def until(self, condition):
        while not condition():
            assert self.take() in ('Changed', 'Overflow')

    def row_at(self, point):
        rows = [row for row in self.rows.values() if row['mount-point'] == point]
        return max(rows, key=lambda row: row['id']) if rows else None


class Watching(Case):
    def setUp(self):
        self.root = self.client()
        self.root.list(limit=1)
        self.maxDiff = None

    def table(self, client=None, **where):
        table = Table(client or self.root, **where)
        self.addCleanup(lambda: table.client.process.poll() is None
                        and self.forgiving_unwatch(table))
        return table

    def forgiving_unwatch(self, table):
        try:
            table.client.unwatch(table.watch)
        except Exception as error:  # it has ended in the test
            self.assertIn('watch', str(error))

    def same_as_listed(self, table):
        """What was told makes what is. Something that is seen last says that all was told."""
        last = f'last-{time.monotonic_ns()}'
        self.root.mount('/run', source=last, in_=table.where['in_'])
        table.until(lambda: last in (row['source'] for row in table.rows.values()))
        listed = table.listed()
        self.assertEqual({mount: table.rows.get(mount) for mount in listed}, listed)
        # A look that was under way when something was listed knows nothing of that: the next does.
        table.until(lambda: table.rows.keys() == listed.keys())
