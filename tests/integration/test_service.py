#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The service as a process: activation, idle exit, its name, signals, and what the bus lets by."""
import os
import pathlib
import re
import signal
import subprocess
import threading
import time
import unittest
import xml.etree.ElementTree as ElementTree

from actors import WITHOUT_POWER
from harness import (CHALLENGE, LOG, Agent, Case, Fault, HungFs, mounts_at, service_pid, start_in_its_place,
                     wait_until)
from life import BUS, DAEMON, Life, gone

PROPERTIES = dict(interface='org.freedesktop.DBus.Properties')


class Lives(Life):
    def test_idle_exit_and_activation(self):
        self.service_with('--idle-timeout', '1')
        self.root.list(limit=1)
        pid = service_pid()
        wait_until(lambda: gone(pid), 'idle exit')
        self.root.list(limit=1)
        self.assertNotEqual(service_pid(), pid)

    def test_no_call_is_lost_around_idle_exit(self):
        """Calls come as close to the exit as can be: earlier where the last one met it, else later."""
        self.service_with('--idle-timeout', '1')
        self.root.list(limit=1)
        pid, pause = service_pid(), 0.98
        ends = 0
        for _ in range(24):
            time.sleep(pause)
            self.root.list(limit=1)
            ended = service_pid() != pid
            pid, ends = service_pid(), ends + ended
            pause += -0.004 if ended else 0.016
        self.assertGreater(ends, 0)

    def test_stop_while_somebody_calls(self):
        """By its unique name, which stays its own, and always one of four calls is stuck: the bus lets no
        more by once the other name is given up."""
        self.root.list(limit=1)
        pid, (name,) = service_pid(), self.root.call('GetNameOwner', "('org.linx.Mount1',)", **BUS)
        fs = HungFs('lookup')
        self.addCleanup(fs.end)

        def keep_calling(timeout):
            client, fault = self.client('alice'), None
            while fault is None or fault.name.endswith('.Timeout'):
                try:
                    client.call('Mount', f"('tmpfs', '{fs.point}/{timeout}', 'tmpfs', "
                                f"{{'timeout': <uint32 {timeout}>}})", name=name)
                except Fault as caught:
                    fault = caught
        callers = [threading.Thread(target=keep_calling, args=(ms,)) for ms in (300, 500, 700, 1100)]
        for caller in callers:
            caller.start()
            fs.wait_held('lookup')
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: gone(pid), 'the service ending', 28)
        for caller in callers:
            caller.join()

    def test_calls_keep_it_alive(self):
        self.service_with('--idle-timeout', '1')
        target = self.child()
        bob = self.client('bob')
        agent = Agent(bob.process.pid, 'bob')
        self.addCleanup(agent.end)
        bob.send('Mount', f"('tmpfs', '/mnt', 'tmpfs', {{'in': <uint32 {target.pid}>}})",
                 interactive=True)
        agent.wait_prompt()
        pid = service_pid()
        end = time.monotonic() + 2.5
        wait_until(lambda: time.monotonic() > end, 'two idle times')
        self.assertEqual(service_pid(), pid)
        agent.type('root-pw')
        bob.receive()
        self.assertTrue(mounts_at('/mnt', target.pid))

    def test_sigterm_finishes_calls(self):
        target = self.child()
        bob = self.client('bob')
        agent = Agent(bob.process.pid, 'bob')
        self.addCleanup(agent.end)
        bob.send('Mount', f"('tmpfs', '/mnt', 'tmpfs', {{'in': <uint32 {target.pid}>}})",
                 interactive=True)
        agent.wait_prompt()
        pid = service_pid()
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: not self.owned(), 'letting go of the name')
        agent.type('root-pw')
        bob.receive()
        self.assertTrue(mounts_at('/mnt', target.pid))
        wait_until(lambda: gone(pid), 'the service ending')
        self.root.list(limit=1)

    def test_name_is_not_given_away(self):
        """To nobody who asks for it, not even root (RequestName: 2 replaces, 4 does not queue; 3: it exists
        already), nor to another service."""
        old = service_pid()
        for client in (self.client(), self.client(prefix=WITHOUT_POWER)):
            self.assertEqual(client.call('RequestName', "('org.linx.Mount1', uint32 6)", **BUS), [3])
        second = subprocess.run([DAEMON], capture_output=True, text=True)
        self.assertEqual(second.returncode, 1)
        self.assertIn('belongs to another service', second.stderr)
        self.root.list(limit=1)
        self.assertEqual(service_pid(), old)

    def test_command_line(self):
        for words in (['--version'], ['--help']):
            done = subprocess.run([DAEMON, *words], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0)
        self.assertIn('--idle-timeout', done.stdout)
        for words in (['--frob'], ['extra'], ['--idle-timeout', '-1'], ['--idle-timeout', 'x']):
            done = subprocess.run([DAEMON, *words], capture_output=True, text=True)
            self.assertEqual(done.returncode, 2, words)
            self.assertTrue(done.stderr)
        for name, most in (('--max-calls', 1024), ('--max-calls-per-user', 1024),
                           ('--max-checks', 96), ('--max-watches-per-user', 2048)):
            for number in ('0', '-1', str(most + 1)):
                done = subprocess.run([DAEMON, name, number], capture_output=True, text=True)
                self.assertEqual(done.returncode, 2)
                self.assertIn(f'{name} must be from 1 to {most}', done.stderr)
            done = subprocess.run([DAEMON, name, 'x'], capture_output=True, text=True)
            self.assertEqual(done.returncode, 2)


class OnTheBus(Case):
    def setUp(self):
        self.alice = self.client('alice')

    def test_properties(self):
        version, = self.alice.call('Get', "('org.linx.Mount1', 'Version')", **PROPERTIES)
        self.assertRegex(version, r'^\d+\.\d+\.\d+$')
        features, = self.alice.call('Get', "('org.linx.Mount1', 'Features')", **PROPERTIES)
        self.assertLessEqual(set(features), {'unique-mount-id', 'statmount', 'mount-events', 'pidns-option',
                                              'overlay-layer-fds', 'pidfd-info',
                                              'detached-mounts', 'beneath', 'exclusive'})
        self.alice.call('Ping', '()', interface='org.freedesktop.DBus.Peer')

    def test_introspection_is_the_installed_file(self):
        text, = self.alice.call('Introspect', '()',
                                interface='org.freedesktop.DBus.Introspectable')
        installed = pathlib.Path('/usr/share/dbus-1/interfaces/org.linx.Mount1.xml').read_text()

        def methods(xml):
            interface = [node for node in ElementTree.fromstring(xml).iter('interface')
                         if node.get('name') == 'org.linx.Mount1'][0]
            return [[member.tag, member.get('name')] +
                    [(arg.get('name'), arg.get('type'), arg.get('direction'))
                     for arg in member.iter('arg')] +
                    sorted((note.get('name'), note.get('value'))
                           for note in member.findall('annotation')
                           if not note.get('name').startswith('org.gtk.GDBus.'))
                    for member in interface if member.tag != 'annotation']
        self.assertEqual(methods(text), methods(installed))

    def test_only_root_owns_the_name(self):
        done = subprocess.run(['setpriv', '--reuid', 'alice', '--regid', 'alice', '--clear-groups',
                               DAEMON], capture_output=True, text=True)
        self.assertNotEqual(done.returncode, 0)

    def test_other_interfaces_do_not_pass(self):
        with self.assertRaises(Fault) as caught:
            self.alice.call('ListMounts', '(@a{sv} {},)', interface='org.example.Other')
        self.assertIn(caught.exception.name, ('org.freedesktop.DBus.Error.AccessDenied',
                                              'org.freedesktop.DBus.Error.UnknownMethod'))

    def denials(self):
        """What the bus has denied anybody: distributions have it in their security log."""
        return [line for line in LOG.read_text(errors='replace').splitlines() if 'Rejected send' in line]

    def test_the_bus_denies_nothing(self):
        """Of all that the service asks the bus, or sends to callers; descriptors too."""
        before, root = self.denials(), self.client()
        child = self.child(prepare='mount -t tmpfs t /mnt; mkdir /mnt/a')
        self.assertIn(' /mnt ', root.open_mountinfo(in_=child.pid))
        root.attach_mount(root.clone_mount('/mnt', in_=child.pid), '/mnt/a', in_=child.pid)
        root.create_mount(in_=child.pid)
        root.unwatch(root.watch(in_=child.pid))
        self.refused(CHALLENGE, '', self.client('alice').mount, '/mnt')
        self.assertEqual(self.denials(), before)
        with self.assertRaises(Fault):
            root.call('Ping', '()', name='org.freedesktop.DBus', path='/',
                      interface='org.freedesktop.DBus.Peer')
        self.assertEqual(len(self.denials()), len(before) + 1)

    def test_every_method_has_an_action(self):
        """Each method of the interface asks polkit, or is on this short list: Can does nothing, and
        Unwatch ends what is the caller's own."""
        policy = ElementTree.parse('/usr/share/polkit-1/actions/org.linx.mount1.policy')
        actions = {node.get('id') for node in policy.iter('action')}
        interface = ElementTree.parse('/usr/share/dbus-1/interfaces/org.linx.Mount1.xml')
        for method in interface.iter('method'):
            name = method.get('name')
            if name in ('Can', 'Unwatch'):
                continue
            if name in ('OpenMountInfo', 'Watch'):
                name = 'ListMounts'
            words = re.sub('([A-Z])', r'-\1', name).lower().lstrip('-').replace('r-p', 'rp')
            self.assertIn(f'org.linx.mount1.{words}', actions)
        self.assertFalse([node for node in policy.iter() if 'imply' in str(node.attrib)])
        for answers in policy.iter('defaults'):
            for answer in answers:
                self.assertNotIn('_keep', answer.text)

    def test_messages_are_translated(self):
        policy = pathlib.Path('/usr/share/polkit-1/actions/org.linx.mount1.policy').read_text()
        self.assertIn('xml:lang="de"', policy)
        self.assertTrue(pathlib.Path('/usr/share/locale/de/LC_MESSAGES/linx-mount.mo').exists())


class Files(unittest.TestCase):
    """What is installed passes the linters of its kind."""

    def test_policy(self):
        subprocess.run(['xmllint', '--noout', '--nonet', '--dtdvalid',
                        '/usr/share/polkit-1/policyconfig-1.dtd',
                        '/usr/share/polkit-1/actions/org.linx.mount1.policy'], check=True)

    def test_bus_policy(self):
        """A bus that includes the file starts; one that includes a broken one does not."""
        good = '/usr/share/dbus-1/system.d/org.linx.Mount1.conf'
        broken = pathlib.Path('/run/rig/broken.conf')
        broken.write_text(pathlib.Path(good).read_text().replace('</policy>', '', 1))
        for path, starts in ((good, True), (broken, False)):
            config = pathlib.Path('/run/rig/lint.conf')
            config.write_text('<busconfig><listen>unix:path=/run/rig/lint</listen>'
                              '<policy context="default"><allow user="*"/></policy>'
                              f'<include>{path}</include></busconfig>')
            bus = subprocess.Popen(['dbus-daemon', f'--config-file={config}', '--nofork',
                                    '--nopidfile', '--print-address'], stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, text=True)
            self.assertEqual(bus.stdout.readline().startswith('unix:'), starts)
            bus.kill()
            bus.wait()
            bus.stdout.close()

    def test_no_wildcards_in_the_bus_policy(self):
        tree = ElementTree.parse('/usr/share/dbus-1/system.d/org.linx.Mount1.conf')
        for node in tree.iter('allow'):
            self.assertNotIn('*', ''.join(node.attrib.values()))
        denied, allowed = ([dict(node.attrib) for node in tree.find("policy[@context='default']")
                            if node.tag == tag] for tag in ('deny', 'allow'))
        names = ['org.linx.Mount1', 'org.linx.Mount1.Polkit']
        self.assertEqual(denied, [{'send_destination': name} for name in names])
        for rule in allowed:
            self.assertTrue(rule.pop('send_interface'))
            self.assertEqual(rule, {'send_destination': names[0], 'send_type': 'method_call'})
        self.assertEqual([node.attrib for node in tree.find("policy[@user='root']")],
                         [{'own': name} for name in names])

    def test_example_rule_is_javascript_without_a_yes_for_all(self):
        rule = pathlib.Path(
            '/usr/share/doc/linx-mount/examples/50-linx-mount-backup-disk.rules').read_text()
        for key in ('namespace', 'device', 'fstype', 'options', 'recursive', 'target'):
            self.assertIn(f'action.lookup("{key}")', rule)



class Journal(Case):
    def test_one_that_does_not_keep_up(self):
        """Nobody waits for it; but when 4096 lines wait no call is taken, and none goes without one, or is
        counted in the one that says what was left out."""
        service = start_in_its_place(DAEMON, stderr=subprocess.PIPE, text=True)
        self.addCleanup(service.stderr.close)
        root = self.client()

        def umount():
            try:
                root.umount('/none')
            except Fault as fault:
                return fault.name.rpartition('.')[2]
            return None
        outcomes = [umount() for _ in range(6000)]
        self.assertEqual(set(outcomes), {'ENOENT', 'LimitsExceeded'})
        self.assertEqual(set(outcomes[-100:]), {'LimitsExceeded'})
        done = outcomes.count('ENOENT')
        self.assertLess(done, 5500)
        lines = []
        reader = threading.Thread(target=lambda: lines.extend(service.stderr))
        reader.start()
        wait_until(lambda: umount() == 'ENOENT', 'calls being taken again')
        service.terminate()
        service.wait()
        reader.join()
        shown = sum('audit: uid' in line for line in lines)
        left_out = sum(int(n) for n in re.findall(r'audit: beyond.* failed=(\d+)', '\n'.join(lines)))
        self.assertEqual(shown + left_out, done + 1)


if __name__ == '__main__':
    unittest.main()
