# SPDX-License-Identifier: LGPL-2.1-or-later
# fish completion of linx-mountctl(1). What others have named is printed a line each, which fish quotes
# and does not evaluate.

set -g __linx_mountctl_commands list mount umount bind remount move propagation pivot-root watch can status

# The command that is being typed: after "can" the one that follows it.
function __linx_mountctl_command
    set -l command
    for word in (commandline -opc)[2..]
        if contains -- $word $__linx_mountctl_commands; and contains -- "$command" '' can
            set command $word
        end
    end
    echo $command
end

function __linx_mountctl_is
    contains -- (__linx_mountctl_command) $argv
end

function __linx_mountctl_needs_command
    contains -- (__linx_mountctl_command) '' can
end

# linx-mountctl shows what a terminal would act on as \xNN: such a name cannot be typed.
function __linx_mountctl_mounts
    set -l where
    set -l words (commandline -opc)
    for i in (seq (count $words))
        if string match -q -- '--in=*' $words[$i]
            set where --in (string replace -- '--in=' '' $words[$i])
        else if test "$words[$i]" = --in; and test $i -lt (count $words)
            set where --in $words[(math $i + 1)]
        end
    end
    linx-mountctl list $where --no-legend --no-pager --no-ask-password --json=off -o mount-point 2>/dev/null |
        string match -rv '\\\\'
end

function __linx_mountctl_processes
    lsns --type mnt --noheadings --output PID 2>/dev/null | string trim
end

function __linx_mountctl_namespaces
    printf '%s\n' self host
    __linx_mountctl_processes
    __fish_complete_path (commandline -ct)
end

function __linx_mountctl_types
    string match -r '\S+$' </proc/filesystems
end

complete -c linx-mountctl -f
complete -c linx-mountctl -l in -x -a '(__linx_mountctl_namespaces)' -d 'Namespace to act in'
complete -c linx-mountctl -l json -x -a 'pretty short off' -d 'JSON'
complete -c linx-mountctl -l no-legend -d 'No titles over columns'
complete -c linx-mountctl -l no-pager -d 'No pager'
complete -c linx-mountctl -l no-ask-password -d 'Ask nobody to authenticate'
complete -c linx-mountctl -s h -l help -d 'Show options'
complete -c linx-mountctl -l version -d 'Print the version'

set -l c complete -c linx-mountctl -n
$c __linx_mountctl_needs_command -a "$__linx_mountctl_commands"

$c '__linx_mountctl_is list ""' -s o -l output -x -d 'Columns' -a 'id parent mount-id parent-id device root mount-point mount-options propagation peer-group master propagate-from fstype source super-options user-options'
$c '__linx_mountctl_is list' -l tree -d 'Show the hierarchy'
$c '__linx_mountctl_is list' -l graph -d 'Write a graph'
$c '__linx_mountctl_is list' -s S -l source -r -F -d 'Mounted from'
$c '__linx_mountctl_is list' -s T -l target -r -F -d 'That this path is on'
$c '__linx_mountctl_is list' -l under -x -a '(__linx_mountctl_mounts)' -d 'Mounted there or below'
$c '__linx_mountctl_is list umount' -l id -x -d 'The mount with this id'
$c '__linx_mountctl_is list mount' -s t -l types -x -a '(__linx_mountctl_types)' -d 'Filesystem type'
$c '__linx_mountctl_is list umount remount move' -a '(__linx_mountctl_mounts)'

$c '__linx_mountctl_is mount bind remount' -s o -l options -x -d 'Options' -a 'ro rw nosuid suid nodev dev noexec exec noatime relatime strictatime nodiratime nosymfollow'
$c '__linx_mountctl_is mount' -s r -l read-only -d 'Read-only'
$c '__linx_mountctl_is mount' -l process -x -a '(__linx_mountctl_processes)' -d 'Whose namespaces it shows'
$c '__linx_mountctl_is mount bind' -s m -l mkdir -d 'Make the directory'
$c '__linx_mountctl_is mount bind' -l create -x -a 'file directory' -d 'Make what is missing'
$c '__linx_mountctl_is mount bind' -l idmap -x -a '(__linx_mountctl_processes)' -d 'With the id mapping of'
$c '__linx_mountctl_is mount bind move' -l beneath -d 'Under the mount on top'
$c '__linx_mountctl_is mount' -s a -l all -d 'All that fstab has'
$c '__linx_mountctl_is umount' -s A -l all-targets -d 'Wherever it is mounted'
$c '__linx_mountctl_is mount' -l exclusive -d 'Only what is not there yet'
$c '__linx_mountctl_is mount bind' -l print-id -d 'Print the id of the new mount'
$c '__linx_mountctl_is mount bind move pivot-root' -F
$c '__linx_mountctl_is bind' -l from -x -a '(__linx_mountctl_namespaces)' -d 'Namespace of the source'
$c '__linx_mountctl_is bind umount remount propagation' -s R -l recursive -d 'With all below'

$c '__linx_mountctl_is umount' -s l -l lazy -d 'Take it out now'
$c '__linx_mountctl_is umount' -s f -l force -d 'Even if the server is gone'
$c '__linx_mountctl_is umount' -l expire -d 'Only if it was not used'
$c '__linx_mountctl_is umount' -l no-follow -d 'No symbolic link at the end'
$c '__linx_mountctl_is remount' -l superblock -d 'The filesystem too'
$c '__linx_mountctl_is propagation' -a 'shared private slave unbindable rshared rprivate rslave runbindable (__linx_mountctl_mounts)'
$c '__linx_mountctl_is pivot-root' -l make-rprivate -d 'First make the tree private'
$c '__linx_mountctl_is pivot-root' -l bind-new-root -d 'Then bind the new root onto itself'
$c '__linx_mountctl_is pivot-root' -l detach-old -d 'At last unmount the old root'
