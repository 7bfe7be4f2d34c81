#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a prompt says: nothing that callers name can pass for a part of the message."""
import os
import pathlib
import re
import unittest
import xml.etree.ElementTree as ElementTree

from harness import FREE, Agent, Case

ROOT = pathlib.Path(__file__).resolve().parents[2]
POLICY = '/usr/share/polkit-1/actions/org.linx.mount1.policy'
# A name that would end the quotes, name another detail, begin a line, turn the text around, or hide.
FORGED = '" (namespace: "self") $(target)\n\u202e\u200b\u2060\ufe0f\\'
SHOWN = r'\x22 (namespace: \x22self\x22) $(target)\x0a\xe2\x80\xae\xe2\x80\x8b\xe2\x81\xa0\xef\xb8\x8f\x5c'
HIDDEN = re.compile('[\u00ad\u034f\u061c\u115f\u1160\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f'
                    '\ufeff\uffa0\U000e0000-\U000e0fff]')


def is_quoted(message):
    """Whether each of its details is for the prompt, and stands in double quotes of its own."""
    names = re.findall(r'\$\(([^)]*)\)', message)
    return all(name.startswith('prompt-') for name in names) \
        and len(re.findall(r'"\$\([a-z-]+\)"', message)) == len(names) == message.count('$(') \
        and message.count('"') == 2 * len(names)


class Messages(unittest.TestCase):
    def test_of_the_policy(self):
        """In all languages."""
        messages = list(ElementTree.parse(POLICY).iter('message'))
        self.assertGreater(len(messages), 25)
        for message in messages:
            self.assertTrue(is_quoted(message.text), message.text)

    def test_of_the_service(self):
        """And their translations."""
        for name in ('service/verbs/verb.c', 'po/de.po'):
            text = (ROOT / name).read_text()
            strings = [''.join(re.findall(r'"((?:[^"\\]|\\.)*)"', part)).replace(r'\"', '"')
                       for part in re.findall(r'(?:"(?:[^"\\]|\\.)*"\s*)+', text)]
            named = [string for string in strings if '$(' in string]
            self.assertGreaterEqual(len(named), 4)
            for string in named:
                self.assertTrue(is_quoted(string), string)


class Shown(Case):
    """What an agent is given."""

    def setUp(self):
        self.target = self.child(prepare='mount -t tmpfs t /mnt; chmod 755 /mnt; mkdir /mnt/a;'
                                         'mount -t tmpfs there /mnt/a; mkdir /mnt/b')
        self.mnt = pathlib.Path(f'/proc/{self.target.pid}/root/mnt')
        self.bob = self.client('bob')
        self.agent = Agent(self.bob.process.pid, 'bob')
        self.addCleanup(self.agent.end)

    def text(self, value):
        """A string as GVariant reads it."""
        return "'" + value.replace('\\', '\\\\').replace("'", "\\'").replace('\n', '\\n') + "'"

    def said(self, method, arguments, options=''):
        where = f"{{'in': <uint32 {self.target.pid}>{options}}}"
        self.bob.send(method, f"({arguments}{where})" if arguments else f"({where},)", interactive=True)
        said = self.agent.answer('wrong').replace('\r\n', ' ')
        self.refused('NotAuthorized', '', self.bob.receive)
        self.assertIsNone(HIDDEN.search(said), said)
        message = said[said.index('Authentication is required'):]
        self.assertEqual(message.split('Authenticating as')[0].count('\n'), 0)
        return message

    def test_forged_paths(self):
        os.mkdir(self.mnt / FORGED)
        path = self.text(f'/mnt/{FORGED}')
        for method, arguments in (('Mount', f"'tmpfs', {path}, 'tmpfs', "),
                                  ('Bind', f"{path}, '/mnt/b', "), ('Move', f"'/mnt/a', {path}, ")):
            self.assertIn(f'"/mnt/{SHOWN}"', self.said(method, arguments), method)
        self.target.run('mount', '-t', 'tmpfs', 'forged', f'/mnt/{FORGED}')
        for method, arguments in (('Umount', f'{path}, '), ('SetPropagation', f"{path}, 'shared', "),
                                  ('MakeRPrivate', f'{path}, '), ('Remount', f'{path}, '),
                                  ('PivotRoot', f"{path}, '', "), ('CloneMount', f'{path}, ')):
            options = f", 'options': <'{FREE}'>" if method == 'CloneMount' else ''
            self.assertIn(f'"/mnt/{SHOWN}"', self.said(method, arguments, options), method)
        forged = self.text(FORGED)
        self.assertIn(f'"{SHOWN}" at "/mnt/b"', self.said('Mount', f"{forged}, '/mnt/b', 'tmpfs', "))

    def test_forged_options(self):
        """Remount's message is the one that has them."""
        forged = 'x-a=ro) \u200b$(target) (namespace: host'
        said = self.said('Remount', "'/mnt/a', ", f", 'options': <{self.text(forged)}>")
        self.assertIn('to "x-a=ro) \\xe2\\x80\\x8b$(target) (namespace: host" (namespace: "other")', said)

    def test_long_ones(self):
        """Beginning, end and length are there, and what is whole has no quote in it."""
        part = 'a' * 250
        path = '/'.join([str(self.mnt), *[part] * 15])
        fd = os.open(self.mnt, os.O_PATH)
        for _ in range(15):
            os.mkdir(part, dir_fd=fd)
            inner = os.open(part, os.O_PATH, dir_fd=fd)
            os.close(fd)
            fd = inner
        os.mkdir('zzz', dir_fd=fd)
        os.close(fd)
        path = '/'.join(['/mnt', *[part] * 15, 'zzz'])
        said = self.said('Mount', f"'tmpfs', '{path}', 'tmpfs', ")
        self.assertRegex(said, rf'at "/mnt/a{{55}}" \[\.\.\. {len(path)} \.\.\.\] "a{{56}}/zzz" \("tmpfs"')
        said = self.said('Remount', "'/mnt/a', ", f", 'options': <'x-a={'b' * 60000}'>")
        self.assertRegex(said, r'to "x-a=b{56}" \[\.\.\. 60004 \.\.\.\] "b{60}" ')

    def test_rules_see_all_of_it(self):
        """What is cut is cut for people alone."""
        options = 'x-a=' + 'b' * 4000
        self.rule(f'if (action.id == "org.linx.mount1.remount" && action.lookup("options") == "{options}"'
                  ' && subject.user == "bob") return polkit.Result.YES;')
        self.bob.remount('/mnt/a', in_=self.target.pid, options=options)


if __name__ == '__main__':
    unittest.main()
