/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * Random words: those that random values are made of. For random-value.c alone.
 */

/* Of a call that may well succeed. */
static const char *const plain_paths[] = { "/a", "/a/b", "/dst", "/mnt", "/new", "/new/old" };
static const char *const plain_words[]
    = { "ro", "nosuid", "nodev", "noexec", "noatime", "nosymfollow" };

static const char *const paths[] = {
  "/",      "/a",     "/a/b",     "/a/b/c",       "/a/file",   "/a/link",       "/a/link/x",
  "/dst",   "/dst/x", "/dst/y",   "/dst/x/y",     "/new",      "/new/old",      "/mnt",
  "/mnt/x", "/image", "/missing", "/missing/",    "/a/../..",  "//a//b/",       "/.",
  "a",      "",       "/proc/1",  "/a (deleted)", "/\x1b[31m", "/\xe2\x80\xae", "/upper",
};

static const char *const sources[] = {
  "tmpfs",  "none",      "",          "overlay",      "/image", "/a/file", "LABEL=nothing",
  "UUID=0", "PARTUUID=", "/dev/null", "/dev/missing", "a\nb",   "-o",      "//host/share",
};

static const char *const fstypes[] = {
  "tmpfs", "tmpfs", "tmpfs",  "ramfs", "ext4",        "overlay", "auto",
  "",      "none",  "nosuch", "a/b",   "fuse.nosuch", "TMPFS",   "\xc3\xa9",
};

/* Of these others have the same filesystem. */
static const char *const shared_fstypes[] = { "proc", "sysfs", "cgroup2", "mqueue", "devpts" };

static const char *const words[] = {
  "ro",
  "rw",
  "nosuid",
  "suid",
  "nodev",
  "dev",
  "noexec",
  "exec",
  "noatime",
  "relatime",
  "strictatime",
  "nodiratime",
  "nosymfollow",
  "rro",
  "rnosuid",
  "ro=recursive",
  "sync",
  "lazytime",
  "dirsync",
  "silent",
  "size=1M",
  "size=4G",
  "mode=700",
  "uid=1000",
  "huge=always",
  "bogus",
  "errors=panic",
  "lowerdir=/a:/dst",
  "upperdir=/upper",
  "workdir=/work",
  "fd=3",
  "source=/image",
  "password=geheim",
  "loop",
  "offset=512",
  "sizelimit=65536",
  "bind",
  "rbind",
  "move",
  "remount",
  "private",
  "rshared",
  "slave",
  "unbindable",
  "defaults",
  "user",
  "_netdev",
  "x-a=b",
  "X-mount.mkdir",
  "X-mount.mode=7",
  "helper=x",
  "",
  "=",
  "\"",
  "a=\"b,c\"",
  "\\",
  "usrjquota=/x",
};

static const guint64 numbers[] = {
  0,          1,           2, 7, G_MAXINT16, G_MAXINT32, G_MAXUINT32, (guint64)G_MAXUINT32 + 5,
  G_MAXINT64, G_MAXUINT64,
};
