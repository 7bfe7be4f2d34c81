/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sd-client.h"

#include <string.h>
#include <systemd/sd-bus.h>

#define PATH "/org/linx/Mount1"

static sd_bus *
connection (void)
{
  static sd_bus *bus;

  if (bus == NULL)
    bench_check (sd_bus_open_system (&bus), "sd_bus_open_system");
  return bus;
}

static void
check (int rc, const char *method, sd_bus_error *error)
{
  if (rc < 0)
    bench_die (method, error->message != NULL ? error->message : strerror (-rc));
}

void
bench_sd_get (void)
{
  sd_bus_error error = SD_BUS_ERROR_NULL;
  sd_bus_message *reply = NULL;

  check (sd_bus_get_property (connection (), BENCH_NAME, PATH, BENCH_NAME, "Version", &error,
                              &reply, "s"),
         "Get", &error);
  sd_bus_message_unref (reply);
}

void
bench_sd_mount_and_unmount (const Order *order, const char *target)
{
  const char *verb = order->bind ? "Bind" : "Mount";
  sd_bus_error error = SD_BUS_ERROR_NULL;
  int rc;

  if (order->bind)
    rc = sd_bus_call_method (connection (), BENCH_NAME, PATH, BENCH_NAME, verb, &error, NULL,
                             "ssa{sv}", "/mnt/source", target, 1, "in", "u", order->pid);
  else
    rc = sd_bus_call_method (connection (), BENCH_NAME, PATH, BENCH_NAME, verb, &error, NULL,
                             "sssa{sv}", "tmpfs", target, "tmpfs", 1, "in", "u", order->pid);
  check (rc, verb, &error);
  rc = sd_bus_call_method (connection (), BENCH_NAME, PATH, BENCH_NAME, "Umount", &error, NULL,
                           "sa{sv}", target, 1, "in", "u", order->pid);
  check (rc, "Umount", &error);
}
