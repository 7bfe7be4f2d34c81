#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""layers.py SERVICE: what is wrong with the includes of the service's rooms.

service/meson.build names the rooms from the lowest to the highest; each room's meson.build names those that
it uses. A file may include what is of its own room, and of the rooms that its room says it uses; those are
below it. No files, a .c and its .h being one, include each other in a circle. All files are of at most 400
lines, and all functions of at most 60."""
import pathlib
import re
import sys

MAX_LINES = 400
MAX_FUNCTION_LINES = 60


def rooms_of(service):
    return re.findall(r"^subdir\('([a-z]+)'\)", (service / 'meson.build').read_text(), re.M)


def uses_of(service, room):
    text = (service / room / 'meson.build').read_text()
    return [name for name in re.findall(r'\b([a-z]+)_room\b', text) if name != room]


def sources(service):
    return sorted(path for path in service.glob('**/*.[ch]'))


def includes(path):
    """Of the service's own: those of common/ begin with linx-."""
    return [name for name in re.findall(r'^#include "([^"]+)"', path.read_text(), re.M)
            if not name.startswith('linx-') and name != 'config.h']


def faults_of_rooms(service, rooms):
    for number, room in enumerate(rooms):
        uses = uses_of(service, room)
        included = {name.split('/')[0] for path in (service / room).glob('*.[ch]')
                    for name in includes(path)} - {room}
        for name in uses:
            if name not in rooms[:number]:
                yield f'{room}/meson.build: {name} is not below {room}'
            if name not in included:
                yield f'{room}/meson.build: nothing of {name} is included'


def faults_of_includes(service, rooms):
    for path in sources(service):
        name = path.relative_to(service)
        room = name.parts[0] if len(name.parts) > 1 else None
        for included in includes(path):
            target = included.split('/')[0] if '/' in included else None
            if not (service / included).is_file():
                yield f'{name}: no "{included}": an include names its room'
            elif room is not None and target is None:
                yield f'{name}: "{included}" is above all rooms'
            elif room is not None and target != room and target not in uses_of(service, room):
                yield f'{name}: "{included}": {room}/meson.build does not use {target}'


def circle(graph):
    """A path that comes back to where it began; or None."""
    done, path = set(), []

    def walk(node):
        if node in path:
            return path[path.index(node):] + [node]
        if node in done:
            return None
        path.append(node)
        for following in graph.get(node, ()):
            found = walk(following)
            if found:
                return found
        done.add(path.pop())
        return None

    for node in sorted(graph):
        found = walk(node)
        if found:
            return found
    return None


def long_functions(path):
    """By clang-format, a brace in the first column begins and ends them."""
    begin = 0
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line == '{':
            begin = number
        elif line.startswith('}') and begin:
            if number - begin - 1 > MAX_FUNCTION_LINES:
                yield begin
            begin = 0


def faults(service):
    rooms = rooms_of(service)
    yield from faults_of_rooms(service, rooms)
    yield from faults_of_includes(service, rooms)
    graph = {}
    for path in sources(service):
        module = str(path.relative_to(service).with_suffix(''))
        graph.setdefault(module, set()).update(
            {name[:-len('.h')] for name in includes(path)} - {module})
    found = circle(graph)
    if found:
        yield 'a circle: ' + ' -> '.join(found)
    for path in sources(service):
        lines = len(path.read_text().splitlines())
        if lines > MAX_LINES:
            yield f'{path.relative_to(service)}: {lines} lines'
        for begin in long_functions(path):
            yield f'{path.relative_to(service)}:{begin}: a function of more than {MAX_FUNCTION_LINES} lines'


if __name__ == '__main__':
    found = list(faults(pathlib.Path(sys.argv[1])))
    print(*found, sep='\n')
    sys.exit(1 if found else 0)
